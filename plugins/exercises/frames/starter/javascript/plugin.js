// Frames: the README has the format. This file runs afresh for every connection, so a variable up here
// belongs to one client: a good place for a frame, or a length, that hasn't come whole.

// Called with the bytes that have just arrived, a Uint8Array: a frame, the first byte of a length, or the
// end of one frame and three more. Return the answers to the frames that are complete now (a Uint8Array,
// each answer with its length in front), or nothing if none is.
function receive(chunk) {
  // console.log(chunk) shows them in eco's log, as numbers.

  // Begin here: how many bytes have to be there before you know the length, and how many after that? The
  // higher byte of the length comes first.
  //   bytes.subarray(from, to), bytes.reverse()
  // A Uint8Array can't grow. To join two, make a larger one and use its set(bytes, at).
}
