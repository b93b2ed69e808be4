// The box of each event. A chunk has one of its own, since its boundaries are what TCP doesn't keep.

import { asHex, asText, visible } from "/page/bytes.js";
import { make } from "/page/elements.js";
import { size, time } from "/page/numbers.js";
import { reasonOf } from "/page/reasons.js";
import { count, hasWord, key, word } from "/page/words.js";

// Bytes of a chunk that are shown at first, and with each push of the button. A page with a megabyte of text at once would
// stand still.
const FIRST_BYTES = 512;
const MORE_BYTES = 64 * 1024;

// Escapes of a chunk that stand out, and lines that it has at first. Of binary bytes nearly each would be an element, and of
// newlines each a line: thousands of such chunks are more than a browser holds.
const MOST_ESCAPES = 16;
const FIRST_BREAKS = 32;

/** What the checkboxes call an event of this kind. */
export function groupOf(item) {
  if (item.kind === "received" || item.kind === "sent") return item.kind;
  if (item.kind === "said") return "log";
  // Gaps and the end are always shown: without them a dialogue would look whole.
  return item.kind === "gap" || item.kind === "ended" ? "always" : "events";
}

/** The box of an item. `form` is "text" or "hex"; `marks` are the places that a search has found in it. */
export class Box {
  constructor(item, form) {
    Object.assign(this, { item, form, marks: [], shown: FIRST_BYTES });
    const isChunk = item.data !== undefined;
    this.head = make("div", "head");
    this.element = make("div", `box ${isChunk ? `chunk ${item.kind}` : `event ${item.kind}`}`, this.head);
    this.element.setAttribute("role", "listitem");
    this.element.dataset.group = groupOf(item);
    if (isChunk) this.addBody();
    this.showHead();
    if (isChunk) this.showBody();
  }

  addBody() {
    this.body = make("pre", "body");
    this.more = make("button", "more");
    this.more.type = "button";
    this.more.addEventListener("click", () => {
      this.shown += MORE_BYTES;
      this.showBody();
    });
    this.element.append(this.body, this.more);
  }

  /** Shows bytes in this form. */
  setForm(form) {
    this.form = form;
    if (this.body) this.showBody();
  }

  /** Marks these places, `[begin, end]` each, in their order. */
  setMarks(marks) {
    if (marks.length === 0 && this.marks.length === 0) return;
    this.marks = marks;
    this.element.classList.toggle("found", marks.length > 0);
    // The first place has to be seen, if the page can show so much.
    if (marks.length > 0) this.shown = Math.max(this.shown, Math.min(marks[0][1], MORE_BYTES));
    if (this.body) this.showBody();
  }

  showHead() {
    const parts = this.item.data ? chunkWords(this.item) : eventWords(this.item);
    const spans = parts.filter(([, text]) => text).flatMap(([name, text]) => [make("span", name, text), " "]);
    this.head.replaceChildren(...spans);
    this.element.classList.toggle("failed", Boolean(this.item.error) || this.item.reason === "failed");
  }

  showBody() {
    const { data, bytes } = this.item;
    const shown = data.subarray(0, this.shown);
    if (this.form === "hex") this.body.replaceChildren(asHex(shown, lineWidth()));
    else {
      const breaks = this.shown > FIRST_BYTES ? Infinity : FIRST_BREAKS;
      this.body.replaceChildren(...marked(shown, this.marks, { spans: MOST_ESCAPES, breaks }));
    }
    if (data.length < bytes) {
      this.body.append(make("span", "cut", word("cut", { kept: data.length, n: bytes })));
    }
    const left = data.length - shown.length;
    this.more.hidden = left === 0;
    this.more.textContent = left > 0 ? word("more", { n: left }) : "";
  }
}

/** Bytes in a line of a hexdump: a narrow window has room for half as many. */
function lineWidth() {
  return matchMedia("(max-width: 48rem)").matches ? 8 : 16;
}

/** Bytes as text, with the marked places in elements of their own. `room` is what the text may have: see `asText`. */
function* marked(bytes, marks, room) {
  let at = 0;
  for (const [begin, end] of marks) {
    if (begin >= bytes.length) break;
    yield asText(bytes.subarray(at, begin), room);
    yield make("mark", "", asText(bytes.subarray(begin, end), room));
    at = end;
  }
  yield asText(bytes.subarray(at), room);
}

/** The head of a chunk: classes and texts. */
function chunkWords(item) {
  const isReceived = item.kind === "received";
  return [
    ["label", isReceived ? `→ ${word("boxReceived")}` : `← ${word("boxSent")}`],
    ["size", count("bytes", item.bytes)],
    ["number", item.number && word("chunk", { n: item.number })],
    ["at", atWords(item)],
    ["took", item.took !== undefined && word("took", { time: time(item.took) })],
  ];
}

/** The time of an event, since the connection was opened. */
const atWords = ({ at }) => at !== undefined && word("at", { time: time(at) });

/** The one line of any other event. */
function eventWords(item) {
  const words = { opened: openedWords, said: saidWords, called: calledWords, gap: gapWords, ended: endedWords };
  const fin = { "fin-received": "finReceived", "fin-sent": "finSent" }[item.kind];
  const other = () => [["label", fin ? word(fin) : word("unknownKind", { kind: visible(item.kind) })]];
  return [...(words[item.kind] ?? other)(item), ["at", atWords(item)]];
}

const openedWords = () => [["label", word("opened")]];

const saidWords = ({ level, line }) => [
  ["label", word("said", { level: visible(level) })],
  ["line", visible(line)],
];

const calledWords = ({ function: name, took, event, error }) => {
  const called = key("called", name);
  const topic = visible(event?.topic ?? "");
  const label = event ? word(key("event", event.kind), { topic }) : hasWord(called) ? word(called) : visible(name);
  return [
    ["label", label],
    ["took", word("took", { time: time(took) })],
    ["error", error && word("failed", { error: visible(error) })],
  ];
};

const gapWords = ({ events, received, sent }) => [
  ["label", count("gap", events, { received: size(received), sent: size(sent) })],
];

const endedWords = (item) => [["label", word("endedBecause", { reason: reasonOf(item) })]];
