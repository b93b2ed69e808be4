// A dialogue as a command line: `eco call` gives a plugin the same chunks, in the same order.

import { escapeOf, isPlain, read, twoDigits } from "/page/bytes.js";

// A line that a shell takes, with room for what else is in it.
export const MOST_LINE = 1024 * 1024;

// Linux takes no longer argument (MAX_ARG_STRLEN).
const LONGEST_ARGUMENT = 128 * 1024 - 1;

/**
 * A chunk as an argument. Quotes and backslashes are escapes too, so that every shell takes it as it is, and so is a first
 * character that `eco call` would take for a flag, a file, or stdin.
 */
export function argumentOf(bytes) {
  let text = "";
  const hex = (byte) => (text += `\\x${twoDigits(byte)}`);
  const character = (c) => {
    const isSpecial = c === "'" || c === "\\" || (text === "" && (c === "-" || c === "@"));
    if (isSpecial) hex(c.charCodeAt(0));
    else text += isPlain(c) ? c : escapeOf(c);
  };
  read(bytes, character, hex);
  return `'${text}'`;
}

function* wordsOf(dialogue) {
  for (const item of dialogue.withPauses()) {
    if (item.pause) yield `--pause ${item.pause}ms`;
    if (item.kind === "received" && item.data.length > 0) yield argumentOf(item.data);
  }
}

/** A dialogue as a line. It returns its text, and what there is to know of it. */
export function asCall(dialogue) {
  const notes = [];
  let [text, isTooLong] = ["eco call PLUGIN", false];
  for (const word of wordsOf(dialogue)) {
    if (text.length + word.length > MOST_LINE) {
      notes.push("whyLong");
      break;
    }
    isTooLong ||= new TextEncoder().encode(word).length > LONGEST_ARGUMENT;
    text += ` ${word}`;
  }
  return { text: `${text}\n`, notes, isTooLong };
}
