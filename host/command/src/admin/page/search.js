// The search in a dialogue: marks what is found, and goes from one place to the next.

import { byId } from "/page/elements.js";
import { MOST_PLACES, find, needleOf } from "/page/find.js";
import { word } from "/page/words.js";

// A search waits for the typing to end, and for a busy connection to say more.
const PAUSE = 300;

export class Search {
  /** `items` gives those of the dialogue, and `boxes` has the box of each. */
  constructor(items, boxes) {
    Object.assign(this, { items, boxes, places: [], at: -1, timer: null });
    byId("needle").addEventListener("input", () => this.soon(true));
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.go(event.submitter?.value === "back" ? -1 : 1);
    });
    byId("needle").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.go(event.shiftKey ? -1 : 1);
    });
  }

  /** There are other items. */
  renew() {
    if (byId("needle").value) this.soon(false);
  }

  /** Searches in a moment. What is typed begins anew at the first place. */
  soon(isTyped) {
    if (isTyped) this.at = -1;
    this.timer ??= setTimeout(() => this.run(), PAUSE);
  }

  run() {
    clearTimeout(this.timer);
    this.timer = null;
    const needle = needleOf(byId("needle").value);
    const { marks, places } = needle?.length > 0 ? find(this.items(), needle) : { marks: new Map(), places: [] };
    this.places = places;
    this.at = Math.min(this.at, places.length - 1);
    for (const [item, box] of this.boxes) box.setMarks(marks.get(item) ?? []);
    this.tell(needle);
  }

  tell(needle) {
    byId("found").textContent = this.words(needle, this.places.length);
  }

  words(needle, n) {
    if (!needle) return word("badNeedle");
    if (needle.length === 0) return "";
    if (n === 0) return word("foundNone");
    if (this.at >= 0) return word("foundAt", { at: this.at + 1, n });
    if (n >= MOST_PLACES) return word("foundMany", { n });
    return n === 1 ? word("foundOne") : word("foundOther", { n });
  }

  /** Goes to the next place, or to the one before. */
  go(step) {
    if (this.timer !== null || this.places.length === 0) this.run();
    const n = this.places.length;
    if (n === 0) return;
    this.at = this.at < 0 && step < 0 ? n - 1 : (this.at + step + n) % n;
    const box = this.boxes.get(this.places[this.at]);
    document.querySelector(".here")?.classList.remove("here");
    box?.element.classList.add("here");
    box?.element.scrollIntoView({ block: "center" });
    this.tell(needleOf(byId("needle").value));
  }
}
