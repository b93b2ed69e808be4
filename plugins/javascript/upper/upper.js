// upper: every letter from a to z comes back as a capital, every other byte unchanged.
//
// A plugin can be a single function. eco calls it with each chunk that the peer sent, a Uint8Array,
// and writes what it returns back to the peer. Where a chunk begins and ends is up to the network,
// so this looks at single bytes, never at words or lines.

function receive(chunk) {
  // Other plugins keep what they learn in variables; this one needs to remember nothing.
  return chunk.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte));
}
