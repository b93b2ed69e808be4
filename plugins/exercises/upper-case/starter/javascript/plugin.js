// Upper case: a to z become A to Z, and every other byte stays. The README says why bytes are enough.

// Called with the bytes that have just arrived, a Uint8Array: a line, a word and a half, or half a letter.
// Return as many bytes, at once: there is nothing to wait for.
function receive(chunk) {
  // console.log(chunk) shows them in eco's log, as numbers.

  // Begin here: which numbers are a and z, and how far is it from a to A? This calls a function of yours
  // for every byte, and makes a Uint8Array of what it returns:
  //   chunk.map((byte) => ...)
}
