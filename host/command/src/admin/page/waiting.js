// Events that have come while the dialogue is paused: no more than the page would keep.

import { MOST_BYTES, MOST_EVENTS } from "/page/dialogue.js";

export class Waiting {
  events = [];
  /** So many of the oldest were left out. */
  left = 0;
  isOver = false;
  #length = 0;

  add(events, isOver) {
    this.events.push(...events);
    this.isOver = isOver;
    this.#length += lengthOf(events);
    let count = this.events.length - MOST_EVENTS;
    if (this.#length > MOST_BYTES) count = Math.max(count, Math.ceil(this.events.length / 2));
    if (count <= 0) return;
    this.#length -= lengthOf(this.events.splice(0, count));
    this.left += count;
  }
}

const lengthOf = (events) => events.reduce((sum, event) => sum + (event.data?.length ?? 0), 0);
