// Secret line: the client names a cipher, and from then on orders and answers go through it.

const NEWLINE = 10;
const COMMA = 44;

// Each byte with its bits in reverse order: the first becomes the last.
const MIRRORED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let mirrored = 0;
  for (let bit = 0; bit < 8; bit++) {
    if (byte & (1 << bit)) mirrored |= 0x80 >> bit;
  }
  return mirrored;
});

// The operations by their codes. `apply` and `undo` get a byte, its position in the stream (0 to 255)
// and the operand, if there is one. They may return any integer: its lowest 8 bits are what counts.
const OPERATIONS = {
  0x10: { operands: 1, apply: (byte, position, n) => byte + n, undo: (byte, position, n) => byte - n },
  0x11: { operands: 0, apply: (byte, position) => byte + position, undo: (byte, position) => byte - position },
  0x20: { operands: 1, apply: (byte, position, n) => byte ^ n, undo: (byte, position, n) => byte ^ n },
  0x21: { operands: 0, apply: (byte, position) => byte ^ position, undo: (byte, position) => byte ^ position },
  0x30: { operands: 0, apply: (byte) => MIRRORED[byte], undo: (byte) => MIRRORED[byte] },
};
const END = 0x00;

// The cipher so far: { apply, undo, n } for each operation, in the client's order.
const cipher = [];
// The operation that waits for its operand.
let unfinished = null;
let agreed = false;

// How many bytes have gone through the cipher, in each direction.
let received = 0;
let sent = 0;

// The line, in clear text, whose end hasn't come yet.
let line = [];

// Everything here takes one byte at a time, so it doesn't matter how the network cut them.
function receive(chunk) {
  const reply = [];
  for (const byte of chunk) {
    if (!agreed) {
      if (!negotiate(byte)) return { next: "close" };
      continue;
    }
    const clear = decoded(byte, received++);
    if (clear !== NEWLINE) {
      line.push(clear);
      continue;
    }
    for (const answer of [...largest(line), NEWLINE]) reply.push(encoded(answer, sent++));
    line = [];
  }
  return Uint8Array.from(reply);
}

// Takes a byte of the list of operations. False if the connection has to end.
function negotiate(byte) {
  if (unfinished !== null) {
    // An operand may be any byte: a 00 here is a zero, and not the end of the list.
    cipher.push({ ...unfinished, n: byte });
    unfinished = null;
    return true;
  }
  if (byte === END) {
    agreed = true;
    return !changesNothing();
  }
  const operation = OPERATIONS[byte];
  if (operation === undefined) return false;
  if (operation.operands === 1) unfinished = operation;
  else cipher.push(operation);
  return true;
}

// Tries every byte at every position. Nearly every cipher fails at one of the first.
function changesNothing() {
  for (let position = 0; position < 256; position++) {
    for (let byte = 0; byte < 256; byte++) {
      if (encoded(byte, position) !== byte) return false;
    }
  }
  return true;
}

function encoded(byte, position) {
  for (const { apply, n } of cipher) byte = apply(byte, position & 255, n) & 255;
  return byte;
}

// What was done last is undone first.
function decoded(byte, position) {
  for (let i = cipher.length - 1; i >= 0; i--) byte = cipher[i].undo(byte, position & 255, cipher[i].n) & 255;
  return byte;
}

// The item of an order of which there are most; the first of them if there are several. Only the digits
// in front are ever looked at, so that a name may be made of any bytes.
function largest(order) {
  let best = [];
  let most = -1;
  for (let start = 0; start <= order.length; ) {
    let end = order.indexOf(COMMA, start);
    if (end < 0) end = order.length;
    const item = order.slice(start, end);
    const count = countOf(item);
    if (count > most) {
      best = item;
      most = count;
    }
    start = end + 1;
  }
  return best;
}

// The number that an item begins with: 17 for "17x rope".
function countOf(item) {
  let count = 0;
  for (const byte of item) {
    if (byte < 48 || byte > 57) break;
    count = 10 * count + byte - 48;
  }
  return count;
}
