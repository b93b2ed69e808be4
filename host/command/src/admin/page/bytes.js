// Bytes as people can read them: as text with visible escapes, or as a hexdump.
//
// The escapes are those of `eco call` and of eco's log, so that what is shown can be typed.

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of base64. */
export function fromBase64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = characters.charCodeAt(at);
  return bytes;
}

/** The length that a character of UTF-8 has by its first byte; 0 where none begins so. */
function lengthOf(first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/** The character at this place, or nothing where the bytes are none. */
function characterAt(bytes, at) {
  const length = lengthOf(bytes[at]);
  if (length === 0 || at + length > bytes.length) return undefined;
  if (length === 1) return String.fromCharCode(bytes[at]);
  try {
    return utf8.decode(bytes.subarray(at, at + length));
  } catch {
    return undefined;
  }
}

/**
 * Goes through bytes: calls `character` with each character of UTF-8, and `byte` with each byte that is part of none. A
 * character that two chunks share is no character in either.
 */
export function read(bytes, character, byte) {
  for (let at = 0; at < bytes.length; ) {
    const found = characterAt(bytes, at);
    if (found === undefined) {
      byte(bytes[at]);
      at += 1;
    } else {
      character(found);
      at += lengthOf(bytes[at]);
    }
  }
}

// Control characters, those that change the direction of text or join others, unassigned ones, fillers, and blanks other than
// the usual one.
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether a character shows itself, as it is. */
export function isPlain(character) {
  return character === " " || !INVISIBLE.test(character);
}

const SHORT = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0", "\\": "\\\\" };

/** Two hexadecimal digits. */
export function twoDigits(byte) {
  return byte.toString(16).padStart(2, "0");
}

/** The escape of a character, as `eco call` reads it. */
export function escapeOf(character) {
  const number = character.codePointAt(0);
  return SHORT[character] ?? (number < 0x80 ? `\\x${twoDigits(number)}` : `\\u{${number.toString(16)}}`);
}

/** A text of a stranger in one line, with escapes for what would not show itself. */
export function visible(text) {
  return [...text].map((c) => (isPlain(c) ? c : escapeOf(c))).join("");
}

/**
 * Bytes as nodes: text, and spans for escapes. A line of the text is a line on the page. `room` has how many spans and breaks of
 * lines there may be, and is counted down: what comes after them is one text, in one line.
 */
export function asText(bytes, room) {
  const nodes = document.createDocumentFragment();
  let [run, isEscape] = ["", false];
  const flush = () => {
    if (isEscape) {
      const span = document.createElement("span");
      span.className = "escape";
      span.textContent = run;
      nodes.append(span);
    } else if (run) {
      nodes.append(run);
    }
    run = "";
  };
  const add = (text, escapes) => {
    const isSpan = escapes && (isEscape || room.spans > 0);
    if (isSpan !== isEscape) flush();
    if (isSpan && !isEscape) room.spans -= 1;
    isEscape = isSpan;
    run += text;
  };
  const character = (c) => {
    // A backslash is two, so that what is an escape and what was sent so differ in the text itself.
    if (isPlain(c) && c !== "\\") return add(c, false);
    add(escapeOf(c), true);
    if (c === "\n" && room.breaks > 0) {
      room.breaks -= 1;
      add("\n", false);
    }
  };
  read(bytes, character, (byte) => add(`\\x${twoDigits(byte)}`, true));
  flush();
  return nodes;
}

/** Bytes as a hexdump with so many in a line, the first of which has this place in the chunk. */
export function asHex(bytes, width, first = 0) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += width) {
    const line = [...bytes.subarray(at, at + width)];
    const hex = line.map(twoDigits).join(" ").padEnd(width * 3 - 1);
    const text = line.map((byte) => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${(first + at).toString(16).padStart(4, "0")}  ${hex}  ${text}`);
  }
  return lines.join("\n");
}
