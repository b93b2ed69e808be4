// lines: numbers the lines that the peer sends, and says goodbye with their number.
//
// Every connection runs this file afresh, so a variable out here belongs to one connection only.

// Makes lines of chunks, and keeps the one whose end hasn't come yet. With "latin1" each byte is one
// character, so that lines of any bytes go back as they came. For text, leave it out.
const lines = new Lines("latin1");
let count = 0; // The lines answered so far.

// Called once, before anything has come. What it returns is the greeting.
function open(connection) {
  return "ready\n";
}

// Called with each chunk, which may end anywhere in a line.
function receive(chunk) {
  return bytes(lines.feed(chunk).map(answer).join(""));
}

// Called when the peer has finished sending. It still reads. The last line may have no newline.
function endOfInput() {
  const last = lines.flush().map(answer).join("");
  return bytes(`${last}goodbye after ${count} lines\n`);
}

// Called last, whatever the end was. Nothing can be sent any more, but the log is still there.
function closed(why) {
  console.log(`closed: ${why}`);
}

function answer(line) {
  count += 1;
  return `${count}: ${line}\n`;
}

// The way back from "latin1". A string that is returned as it is, is sent as UTF-8.
function bytes(text) {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
