// What a screen reader says by itself: little, and not more often than somebody can listen.

import { byId } from "/page/elements.js";

const LEAST_PAUSE = 2000;
let [waiting, isResting] = [[], false];

function say() {
  isResting = waiting.length > 0;
  if (!isResting) return;
  byId("announcements").textContent = waiting.join(". ");
  waiting = [];
  setTimeout(say, LEAST_PAUSE);
}

/** Says this soon. */
export function announce(text) {
  // What comes in a burst is said once.
  if (!waiting.includes(text)) waiting.push(text);
  if (!isResting) say();
}
