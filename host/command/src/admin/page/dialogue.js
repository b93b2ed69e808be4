// What is known of one connection: its events in their order, and no more of them than a page can hold.

import { fromBase64 } from "/page/bytes.js";

// The newest events that the page keeps, and their bytes. What is older is left out, and the page says so.
export const MOST_EVENTS = 5000;
export const MOST_BYTES = 32 * 1024 * 1024;

export class Dialogue {
  constructor(connection) {
    this.connection = connection;
    this.items = [];
    this.held = 0;
    this.dropped = 0;
    this.isOver = false;
    // Whether the first event of all was there.
    this.hasBeginning = true;
    // Chunks so far each way. After a gap nobody knows how many there were.
    this.chunks = { received: 0, sent: 0 };
    this.isCounted = true;
    this.lastReceived = null;
  }

  get isEmpty() {
    return this.items.length === 0 && this.dropped === 0;
  }

  /** Takes events. It returns the new items, those that have changed, and how many of the oldest have gone. */
  add(events) {
    const [added, changed] = [[], new Set()];
    for (const event of events) {
      if (this.isEmpty && event.kind !== "opened") [this.hasBeginning, this.isCounted] = [false, false];
      // The time of a call belongs to the chunk that it was for.
      if (event.kind === "called" && event.function === "receive" && this.lastReceived) {
        this.lastReceived.took = event.took;
        changed.add(this.lastReceived);
        this.lastReceived = null;
        continue;
      }
      const item = this.itemOf(event);
      this.items.push(item);
      added.push(item);
    }
    return { added, changed, dropped: this.makeRoom() };
  }

  itemOf(event) {
    const item = { ...event };
    if (event.kind === "received" || event.kind === "sent") {
      item.data = fromBase64(event.data ?? "");
      this.held += item.data.length;
      this.chunks[event.kind] += 1;
      item.number = this.isCounted ? this.chunks[event.kind] : null;
    }
    if (event.kind === "received") this.lastReceived = item;
    if (event.kind === "gap") [this.isCounted, this.lastReceived] = [false, null];
    return item;
  }

  /** Leaves out so many events, which are not here, and all that came before them. */
  skip(number) {
    this.dropped += this.items.length + number;
    [this.items, this.held] = [[], 0];
    [this.isCounted, this.lastReceived] = [false, null];
  }

  makeRoom() {
    let count = 0;
    // The newest one stays, however large it is.
    const isTooMuch = () => this.items.length - count > MOST_EVENTS || this.held > MOST_BYTES;
    while (isTooMuch() && count < this.items.length - 1) {
      this.held -= this.items[count].data?.length ?? 0;
      count += 1;
    }
    this.items.splice(0, count);
    this.dropped += count;
    return count;
  }

  /** Why a copy of it would not be whole: keys of words. */
  lacks() {
    const has = (test) => this.items.some(test);
    const lacks = [];
    if (has((it) => it.kind === "gap")) lacks.push("whyGap");
    if (has((it) => it.data && it.data.length < it.bytes)) lacks.push("whyCut");
    if (!this.hasBeginning) lacks.push("whyBeginning");
    if (this.dropped > 0) lacks.push("whyDropped");
    if (has((it) => it.event && it.event.kind !== "timer")) lacks.push("whyOthers");
    return lacks;
  }

  /**
   * Its items in their order. If timers of the plugin came in between, they have pauses before them, `{ pause }` in whole ms, which
   * bring the plugin's clock to each chunk and each timer.
   */
  *withPauses() {
    const hasTimers = this.hasTimers();
    let clock = 0;
    for (const item of this.items) {
      const at = Math.ceil(item.at);
      if (hasTimers && (item.kind === "received" || item.event?.kind === "timer") && at > clock) {
        yield { pause: at - clock };
        clock = at;
      }
      yield item;
    }
  }

  /** Whether timers of the plugin came in between. */
  hasTimers() {
    return this.items.some((it) => it.event?.kind === "timer");
  }
}
