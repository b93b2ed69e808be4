// The dialogue on the page: a box for each event, with pause, filter, and search.

import { announce } from "/page/announce.js";
import { Box } from "/page/boxes.js";
import { visible } from "/page/bytes.js";
import { Dialogue } from "/page/dialogue.js";
import { byId, make, setText } from "/page/elements.js";
import { clock } from "/page/numbers.js";
import { Search } from "/page/search.js";
import { Waiting } from "/page/waiting.js";
import { count, word } from "/page/words.js";

// Who is so near to the end sees what comes next without scrolling.
const NEAR_END = 40;

// Boxes that belong together for the browser, which passes over what can't be seen.
const GROUP = 50;
const FEW = 20;

export class View {
  constructor() {
    this.dialogue = null;
    this.boxes = new Map();
    this.isPaused = false;
    this.waiting = new Waiting();
    this.scroller = byId("scroller");
    this.search = new Search(() => this.dialogue?.items ?? [], this.boxes);
    byId("tools").addEventListener("change", () => this.applyChoices());
    byId("pause").addEventListener("click", () => this.setPaused(!this.isPaused));
    this.showPause();
  }

  /** Begins with another connection. */
  begin(connection) {
    this.dialogue = new Dialogue(connection);
    this.boxes.clear();
    this.waiting = new Waiting();
    byId("boxes").replaceChildren();
    this.isPaused = false;
    this.showPause();
    const { id, service, peer, local, version, opened } = connection;
    const named = service ? word("connectionOf", { id: String(id), service: visible(service) }) : word("connection", { id: String(id) });
    byId("dialogue-title").textContent = named;
    const about = [`${visible(peer)} → ${visible(local)}`, word("openedAt", { time: clock(opened) })];
    if (version !== null) about.push(word("version", { n: version }));
    byId("about").textContent = about.join(" · ");
    for (const id of ["tools", "scroller"]) byId(id).hidden = false;
    byId("invitation").hidden = true;
    this.showNotes();
    announce(word("sayFollowing", { id: String(id) }));
  }

  /** Takes events from eco. */
  take(events, isOver) {
    if (this.isPaused) {
      this.waiting.add(events, isOver);
      this.showPause();
      return;
    }
    const isAtEnd = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR_END;
    const { added, changed, dropped } = this.dialogue.add(events);
    this.dialogue.isOver = isOver;
    this.removeOldest(dropped);
    this.append(added);
    for (const item of changed) this.boxes.get(item)?.showHead();
    if (added.some((item) => item.kind === "gap")) announce(word("sayGap"));
    if (added.length > 0) this.search.renew();
    this.showNotes();
    if (isAtEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  append(items) {
    const form = this.form();
    // Of very many new ones the oldest may have gone already.
    const kept = items.slice(Math.max(0, items.length - this.dialogue.items.length));
    const boxes = kept.map((item) => new Box(item, form));
    for (const box of boxes) {
      this.boxes.set(box.item, box);
      // One sees a few come. Of a flood one sees nothing, and each would cost.
      box.element.classList.toggle("comes", boxes.length <= FEW);
      this.group().append(box.element);
    }
  }

  /** The last group, which has room for another box. */
  group() {
    const last = byId("boxes").lastElementChild;
    if (last && last.childElementCount < GROUP) return last;
    const group = make("div", "group");
    group.setAttribute("role", "none");
    byId("boxes").append(group);
    return group;
  }

  removeOldest(number) {
    for (const [item, box] of this.boxes) {
      if (number === 0) return;
      const group = box.element.parentElement;
      box.element.remove();
      if (!group.hasChildNodes()) group.remove();
      this.boxes.delete(item);
      number -= 1;
    }
  }

  /** eco doesn't know this connection. */
  lost() {
    setText(byId("quiet"), word("unknown"));
    byId("quiet").hidden = false;
  }

  showNotes() {
    const { dropped, hasBeginning, isEmpty } = this.dialogue;
    const notes = [];
    if (!hasBeginning) notes.push(word("noBeginning"));
    if (dropped > 0) notes.push(count("dropped", dropped));
    setText(byId("dropped"), notes.join(" "));
    byId("dropped").hidden = notes.length === 0;
    setText(byId("quiet"), word(this.dialogue.connection.kept ? "quiet" : "notKeptWhy"));
    byId("quiet").hidden = !isEmpty;
  }

  form() {
    return document.querySelector("input[name=form]:checked").value;
  }

  applyChoices() {
    const form = this.form();
    byId("boxes").classList.toggle("as-hex", form === "hex");
    for (const box of this.boxes.values()) if (box.form !== form) box.setForm(form);
    for (const { value, checked } of byId("kinds").querySelectorAll("input")) {
      byId("boxes").classList.toggle(`without-${value}`, !checked);
    }
  }

  /** While it is paused, what comes waits. */
  setPaused(isPaused) {
    const { events, left, isOver } = this.waiting;
    this.isPaused = isPaused;
    this.waiting = new Waiting();
    this.showPause();
    if (left > 0) {
      this.removeOldest(this.dialogue.items.length);
      this.dialogue.skip(left);
    }
    if (events.length > 0 || isOver) this.take(events, isOver);
  }

  showPause() {
    const waiting = this.waiting.events.length + this.waiting.left;
    const text = waiting > 0 ? word("resumeWith", { n: waiting }) : word("resume");
    byId("pause").textContent = this.isPaused ? text : word("pause");
  }
}
