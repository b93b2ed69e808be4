// Tiny cache: the README has the commands. This file runs afresh for every client, so a variable up here
// belongs to one connection: the pairs, what was counted, and the line whose newline hasn't come yet.

// Called once, before the client has said anything. What it returns is the greeting.
function open(connection) {
  return "hello\n"; // Not quite what the README asks for.
}

// Called with the bytes that have just arrived, a Uint8Array. Return the answers to the lines that they
// complete.
function receive(chunk) {
  // console.log(chunk) shows them in eco's log.

  // Begin here: find the newlines (chunk.indexOf(10)). Keys and values may be any bytes. A string in which
  // each character stands for a byte, made with String.fromCharCode, has them all, and its length is right.
  // A Map keeps its keys in the order in which they were put in. What is that good for?
}

// Called once, when the client has finished sending. It still reads: this is the place for the last line.
function endOfInput() {
}
