// Prime time: says of each number that is asked about whether it is prime.

const NEWLINE = 10;
const LARGEST = 2 ** 32; // Nothing above is prime in this protocol.

// What a line has to be: JSON is UTF-8, so bytes that aren't are an error too.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// The line whose end hasn't come yet, in the pieces in which it came. They are joined once, when the
// line is complete: gluing each piece to the ones before would copy a long line again and again.
let pieces = [];

function receive(chunk) {
  let replies = "";
  for (const line of linesThatEndIn(chunk)) {
    const value = valueAskedFor(line);
    // The answers to the lines before this one are sent in any case.
    if (value === undefined) return { data: replies + "malformed\n", next: "close" };
    replies += `{"ask":"prime","answer":${isPrime(value)}}\n`;
  }
  return replies;
}

// The lines that the chunk completes, without their newlines. What follows the last one is kept.
function linesThatEndIn(chunk) {
  const lines = [];
  let start = 0;
  for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
    pieces.push(chunk.subarray(start, end));
    lines.push(concatenated(pieces));
    pieces = [];
  }
  if (start < chunk.length) pieces.push(chunk.subarray(start));
  return lines;
}

function concatenated(pieces) {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

// The number in a request, or undefined if the line is none.
function valueAskedFor(line) {
  let request;
  try {
    request = JSON.parse(decoder.decode(line));
  } catch {
    return undefined;
  }
  // JSON may be a lone null, which has no members at all. A number, a string or an array has no "ask".
  if (request === null || request.ask !== "prime") return undefined;
  return typeof request.value === "number" ? request.value : undefined;
}

function isPrime(value) {
  if (!Number.isInteger(value) || value < 2 || value > LARGEST) return false;
  if (value % 2 === 0) return value === 2;
  // A number that is a product has a factor that is no larger than its root.
  for (let divisor = 3; divisor * divisor <= value; divisor += 2) {
    if (value % divisor === 0) return false;
  }
  return true;
}
