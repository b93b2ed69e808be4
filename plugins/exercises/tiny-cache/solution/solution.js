// Tiny cache: keeps 64 bytes of pairs, and forgets the one that was left alone for longest.

const NEWLINE = 10;
const ROOM = 64;

// A Map remembers the order in which its keys were put in. A pair that is used is taken out and put in
// again, so that the first pair is always the one whose last use is longest ago.
const pairs = new Map();
let used = 0; // bytes of all keys and values

let hits = 0;
let misses = 0;
let evicted = 0;

// The line whose end hasn't come yet. Lines are kept as strings in which each character is one byte (0 to
// 255). So their length is in bytes, and no byte is lost, whether or not it is valid UTF-8.
let rest = "";

// Called once, first: the greeting.
function open() {
  return `cache ${ROOM}\n`;
}

function receive(chunk) {
  let replies = "";
  let start = 0;
  for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
    replies += answer(rest + text(chunk.subarray(start, end))) + "\n";
    rest = "";
  }
  rest += text(chunk.subarray(start));
  return bytes(replies);
}

// Called when the client has finished sending. It still reads. A line without its end is no command.
function endOfInput() {
  return `hits ${hits} misses ${misses} evicted ${evicted}\n`;
}

function answer(line) {
  // "s" lets the dot stand for any byte, "\r" too.
  const put = /^put ([^ ]+) (.*)$/s.exec(line);
  if (put) return store(put[1], put[2]);
  const get = /^get ([^ ]+)$/.exec(line);
  if (get) return look(get[1]);
  return "what?";
}

function store(key, value) {
  const size = key.length + value.length;
  if (size > ROOM) return "too big"; // Before anything has changed.
  if (pairs.has(key)) remove(key); // This is no eviction: the pair gets a new value.
  while (used + size > ROOM) {
    const [oldest] = pairs.keys();
    remove(oldest);
    evicted += 1;
  }
  pairs.set(key, value);
  used += size;
  return "stored";
}

function look(key) {
  const value = pairs.get(key);
  if (value === undefined) {
    misses += 1;
    return "none";
  }
  hits += 1;
  pairs.delete(key);
  pairs.set(key, value);
  return "value " + value;
}

function remove(key) {
  used -= key.length + pairs.get(key).length;
  pairs.delete(key);
}

// Bytes as a string of as many characters.
function text(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

// The other way round.
function bytes(text) {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
