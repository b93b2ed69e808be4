// Line reversal: the README has the protocol. This file runs afresh for every connection, so a variable up
// here belongs to one client: a good place for the line whose newline hasn't come yet.

// Called with the bytes that have just arrived, a Uint8Array: "hello\n", or "hel", or "lo\nwor". Return the
// answers to the lines that are complete now (a Uint8Array), or nothing if none is.
function receive(chunk) {
  // console.log(chunk) shows them in eco's log, as numbers.

  // Begin here: where in the chunk is a newline, if there is one? What comes before it, what after it?
  //   chunk.indexOf(10), chunk.subarray(from, to), bytes.reverse()
  // A Uint8Array can't grow. To join two, make a larger one and use its set(bytes, at).
}
