// Upper case: every letter from a to z comes back as a capital, every other byte unchanged.

const SMALL_A = 0x61;
const SMALL_Z = 0x7a;
const DISTANCE = 0x20; // From every capital of ASCII to its small letter.

// Looks at single bytes, so it doesn't matter where the network cuts. UTF-8 may stay as it is: all bytes of
// a letter beyond ASCII are above 7f, and none of them is taken for a small letter.
function receive(chunk) {
  return chunk.map((byte) => (SMALL_A <= byte && byte <= SMALL_Z ? byte - DISTANCE : byte));
}
