// The dialog in which a dialogue stands as text, to be copied. It always shows the text: a page that was not opened over HTTPS
// or from this machine may not write to the clipboard by itself.

import { MOST_LINE, asCall } from "/page/call.js";
import { byId, make } from "/page/elements.js";
import { size } from "/page/numbers.js";
import { MOST_TEXT, asSteps } from "/page/steps.js";
import { word } from "/page/words.js";

/** Prepares the dialog and its buttons. `dialogue` gives the one that is followed. */
export function prepareCopying(dialogue) {
  byId("copy-steps").addEventListener("click", () => showSteps(dialogue()));
  byId("copy-call").addEventListener("click", () => showCall(dialogue()));
  byId("copy-now").addEventListener("click", copyNow);
  byId("copy-close").addEventListener("click", () => byId("copy").close());
}

function showSteps(dialogue) {
  const { text, notes, expects } = asSteps(dialogue);
  const more = expects ? [] : [word("expectsNothing")];
  show("steps", text, warningsOf(dialogue, notes, size(MOST_TEXT)).concat(more));
}

function showCall(dialogue) {
  const { text, notes, isTooLong } = asCall(dialogue);
  const more = isTooLong ? [word("argumentLong")] : [];
  show("call", text, warningsOf(dialogue, notes, size(MOST_LINE)).concat(more));
}

/** What the reader has to know before using it. */
function warningsOf(dialogue, notes, size) {
  const lacks = [...dialogue.lacks(), ...notes];
  const warnings = lacks.map((why) => word("notWhole", { why: word(why, { size }) }));
  if (dialogue.hasTimers()) warnings.push(word("timersPlayed"));
  if (!dialogue.isOver) warnings.push(word("stillOpen"));
  return warnings;
}

function show(what, text, warnings) {
  byId("copy-title").textContent = word(`${what}Title`);
  byId("copy-how").textContent = word(`${what}How`);
  byId("copy-warnings").replaceChildren(...warnings.map((warning) => make("li", "", warning)));
  byId("copy-done").textContent = "";
  const area = byId("copy-text");
  area.value = text;
  byId("copy").showModal();
  area.focus();
  area.select();
  area.scrollTop = 0;
}

async function copyNow() {
  const area = byId("copy-text");
  area.select();
  byId("copy-done").textContent = (await write(area.value)) ? word("copied") : word("copyByHand");
}

/** Writes to the clipboard, by the new way or by the old one. It says whether it did. */
async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
