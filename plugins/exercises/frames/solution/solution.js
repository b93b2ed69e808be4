// Frames: each frame is answered by one with the same bytes in reverse order.

const LENGTH = 2; // The bytes of the length, in front of every frame.

// Every connection runs this file afresh, so these are one client's own: the frame that is on its way, its
// length included, and how many of its bytes have come. As long as the length isn't known, there is room
// for the length alone.
let frame = new Uint8Array(LENGTH);
let filled = 0;

// Called with each chunk, which may be a part of a frame, even of its length, or several frames.
function receive(chunk) {
  const replies = [];
  for (let at = 0; at < chunk.length; ) {
    // Never takes more than the frame still lacks: what follows belongs to the next one.
    const piece = chunk.subarray(at, at + frame.length - filled);
    frame.set(piece, filled);
    filled += piece.length;
    at += piece.length;
    if (filled === LENGTH) makeRoom();
    // A frame without bytes is complete as soon as its length is.
    if (filled === frame.length) replies.push(answer());
  }
  return concatenated(replies);
}

// The length has come: the higher byte first, and unsigned, as the bytes of a Uint8Array are.
function makeRoom() {
  const larger = new Uint8Array(LENGTH + frame[0] * 256 + frame[1]);
  larger.set(frame);
  frame = larger;
}

// The frame is complete. Its length stays where it is, its bytes are reversed, and the next frame begins.
function answer() {
  const complete = frame;
  complete.subarray(LENGTH).reverse();
  frame = new Uint8Array(LENGTH);
  filled = 0;
  return complete;
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
