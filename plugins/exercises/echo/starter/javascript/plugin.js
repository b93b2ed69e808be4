// Echo: whatever arrives goes back as it came. The README has the protocol.

// Called with the bytes that have just arrived, a Uint8Array: a line, half a letter, or a lot of lines.
// What you return is sent back: a Uint8Array, a string, or nothing.
function receive(chunk) {
  // console.log(chunk) shows them in eco's log.

  // Begin here: what is the shortest way from the chunk to the reply?
}
