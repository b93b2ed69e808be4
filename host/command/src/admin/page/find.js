// Finding bytes in a dialogue.
//
// Each way is a stream: what is sought is found also where it goes from one chunk into the next, as TCP may have split it.

// Places that are marked. Who finds more looks for something else.
export const MOST_PLACES = 1000;

const ESCAPES = { n: 10, r: 13, t: 9, 0: 0, "\\": 92 };

/** The bytes of what somebody has typed, with the escapes that the boxes show; nothing where one makes no sense. */
export function needleOf(typed) {
  const bytes = [];
  for (const [part, escape] of typed.matchAll(/\\(x[0-9a-f]{2}|[nrt0\\]|.?)|[^\\]+/gis)) {
    if (escape === undefined) bytes.push(...new TextEncoder().encode(part));
    else if (escape.length === 3) bytes.push(parseInt(escape.slice(1), 16));
    else if (escape in ESCAPES) bytes.push(ESCAPES[escape]);
    else return undefined;
  }
  return Uint8Array.from(bytes);
}

/** Pieces of the stream that belong together: the chunks of one way between gaps. */
function* stretches(items, kind) {
  let stretch = [];
  for (const item of items) {
    const isCut = item.data && item.data.length < item.bytes;
    if (item.kind === kind) stretch.push(item);
    if (item.kind === "gap" || (item.kind === kind && isCut)) {
      yield stretch;
      stretch = [];
    }
  }
  yield stretch;
}

/** All chunks of a stretch in one. */
function joined(items) {
  const whole = new Uint8Array(items.reduce((sum, item) => sum + item.data.length, 0));
  let at = 0;
  for (const item of items) {
    whole.set(item.data, at);
    at += item.data.length;
  }
  return whole;
}

/** Where the needle is at or after `from`, or -1. */
function indexOf(bytes, needle, from) {
  const last = bytes.length - needle.length;
  for (let at = bytes.indexOf(needle[0], from); at !== -1 && at <= last; at = bytes.indexOf(needle[0], at + 1)) {
    let length = 1;
    while (length < needle.length && bytes[at + length] === needle[length]) length += 1;
    if (length === needle.length) return at;
  }
  return -1;
}

/** Adds the part of the place from `begin` to `end` that is in each of these chunks. */
function mark(items, begin, end, marks) {
  let [at, first] = [0, null];
  for (const item of items) {
    const from = Math.max(begin - at, 0);
    const to = Math.min(end - at, item.data.length);
    if (from < to) {
      first ??= item;
      if (!marks.has(item)) marks.set(item, []);
      marks.get(item).push([from, to]);
    }
    at += item.data.length;
    if (at >= end) break;
  }
  return first;
}

/** Finds a needle: the marks of each item, and the item in which each place begins. */
export function find(items, needle) {
  const [marks, places] = [new Map(), []];
  for (const kind of ["received", "sent"]) {
    for (const stretch of stretches(items, kind)) {
      const bytes = joined(stretch);
      for (let at = indexOf(bytes, needle, 0); at !== -1 && places.length < MOST_PLACES; ) {
        places.push(mark(stretch, at, at + needle.length, marks));
        at = indexOf(bytes, needle, at + needle.length);
      }
    }
  }
  findInLog(items, new TextDecoder().decode(needle), marks, places);
  const order = new Map(items.map((item, at) => [item, at]));
  places.sort((a, b) => order.get(a) - order.get(b));
  return { marks, places };
}

/** A line of the log is found as a whole. */
function findInLog(items, text, marks, places) {
  for (const item of items) {
    if (item.kind !== "said" || !item.line.includes(text) || places.length >= MOST_PLACES) continue;
    marks.set(item, [[0, 0]]);
    places.push(item);
  }
}
