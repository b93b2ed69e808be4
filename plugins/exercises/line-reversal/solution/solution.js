// Line reversal: each line comes back with its bytes in reverse order.

const NEWLINE = 10;

// Every connection runs this file afresh, so this is one client's own: the line whose end hasn't come yet,
// in the pieces in which it came. They are joined once, when the line is complete: gluing each piece to the
// ones before would copy a long line again and again.
let pieces = [];

// Called with each chunk. Lines end anywhere in it, and what follows the last newline is kept. There is no
// endOfInput(): a line that isn't finished by then is never answered.
function receive(chunk) {
  const replies = [];
  let start = 0;
  for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
    pieces.push(chunk.subarray(start, end));
    replies.push(concatenated(pieces).reverse(), [NEWLINE]);
    pieces = [];
  }
  if (start < chunk.length) pieces.push(chunk.subarray(start));
  return concatenated(replies);
}

// All bytes of the parts, in a new array.
function concatenated(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
