// A dialogue as a case of an exercise, in TOML: what came is sent, and what went is expected.

import { isPlain, read, twoDigits } from "/page/bytes.js";

// eco check reads an exercise.toml of 512 KiB; some of that is for the rest of it.
export const MOST_TEXT = 500 * 1024;

const SHORT = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A character within a string of TOML. */
function inToml(c) {
  if (c in SHORT) return SHORT[c];
  if (isPlain(c)) return c;
  const digits = c.codePointAt(0).toString(16);
  return digits.length > 4 ? `\\U${digits.padStart(8, "0")}` : `\\u${digits.padStart(4, "0")}`;
}

/** Bytes as `send = "..."`, or as `send-hex = "..."` where they are no text. */
function bytesStep(action, bytes) {
  let [text, isText] = ["", true];
  const character = (c) => {
    isText &&= c >= " " || c in SHORT;
    text += inToml(c);
  };
  read(bytes, character, () => (isText = false));
  if (isText) return `{ ${action} = "${text}" }`;
  return `{ ${action}-hex = "${[...bytes].map(twoDigits).join(" ")}" }`;
}

/** The steps of a dialogue: each the text of one. */
function* stepsOf(dialogue) {
  let isClosing = false;
  for (const item of dialogue.withPauses()) {
    const isChunk = item.kind === "received" || item.kind === "sent";
    if (item.pause) yield `{ pause = "${item.pause}ms" }`;
    // What was cut is expected as far as it is known. The reader is told.
    if (isChunk && item.data.length > 0) yield bytesStep(item.kind === "received" ? "send" : "expect", item.data);
    // A client that ends after the plugin has, says nothing new.
    if (item.kind === "fin-received" && !isClosing) yield "{ half-close = true }";
    isClosing ||= item.kind === "fin-sent";
    if (item.kind === "ended" && (item.reason === "ended" || item.reason === "by-plugin")) yield "{ expect-close = true }";
  }
}

/** A dialogue as a case. It returns its text, and why it is not what somebody may expect. */
export function asSteps(dialogue) {
  const { connection } = dialogue;
  const notes = [];
  let [text, expects] = ["", false];
  for (const step of stepsOf(dialogue)) {
    if (text.length + step.length > MOST_TEXT) {
      notes.push("whyLong");
      break;
    }
    text += `  ${step},\n`;
    expects ||= step.startsWith("{ expect");
  }
  // No two cases of an exercise have one name.
  const name = `connection ${connection.id} of ${new Date(connection.opened).toISOString()}`;
  return { text: `[[cases]]\nname = "${name}"\nsteps = [\n${text}]\n`, notes, expects };
}
