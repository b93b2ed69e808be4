// lines: numbers the lines that the peer sends, and says goodbye with their number.
//
// Every connection runs this file afresh, so a variable out here belongs to one connection only.

const NEWLINE = 10;

// Bytes that become more. The space doubles when it is full, which keeps a line that comes byte by
// byte as cheap as one that comes at once.
class Bytes {
  space = new Uint8Array(64);
  length = 0;

  append(more) {
    const needed = this.length + more.length;
    if (needed > this.space.length) {
      const larger = new Uint8Array(2 * needed);
      larger.set(this.all());
      this.space = larger;
    }
    this.space.set(more, this.length);
    this.length = needed;
  }

  all() {
    return this.space.subarray(0, this.length);
  }
}

const encoder = new TextEncoder();
const rest = new Bytes(); // The line whose end hasn't come yet.
let count = 0; // The lines answered so far.

// Called once, before anything has come. What it returns is the greeting.
function open(connection) {
  return "ready\n";
}

// Called with each chunk. Lines end anywhere in it: what follows the last one is kept for later.
function receive(chunk) {
  const replies = new Bytes();
  let start = 0;
  for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
    rest.append(chunk.subarray(start, end));
    answer(replies);
  }
  rest.append(chunk.subarray(start));
  return replies.all();
}

// Called when the peer has finished sending. It still reads.
function endOfInput() {
  const replies = new Bytes();
  if (rest.length > 0) answer(replies);
  replies.append(encoder.encode(`goodbye after ${count} lines\n`));
  return replies.all();
}

// Called last, whatever the end was. Nothing can be sent any more, but the log is still there.
function closed(why) {
  console.log(`closed: ${why}`);
}

function answer(replies) {
  count += 1;
  replies.append(encoder.encode(`${count}: `));
  replies.append(rest.all());
  replies.append([NEWLINE]);
  rest.length = 0;
}
