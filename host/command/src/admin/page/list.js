// The list of connections: those that are open, and those that ended lately.

import { announce } from "/page/announce.js";
import { byId, setText } from "/page/elements.js";
import { ListBox } from "/page/listbox.js";
import { Row } from "/page/row.js";
import { count, hasWord, key, word } from "/page/words.js";

/** What tells a connection from all others. eco counts anew when it is started, so its time is part of it. */
export function keyOf(connection) {
  return `${connection.id} ${connection.opened} ${connection.service ?? ""}`;
}

/** All connections of a snapshot that are open or have ended, newest first, each with the name of its service. */
function all(services, which) {
  const field = { open: "connections", ended: "ended" }[which];
  const named = services.flatMap(({ name, [field]: list }) => list.map((it) => ({ ...it, service: name })));
  const at = (it) => it.ended ?? it.opened;
  return named.sort((a, b) => at(b) - at(a) || b.id - a.id);
}

/** The words by which a connection is found. */
function wordsOf(connection) {
  const { id, service, peer, local, reason, budget, limit } = connection;
  const reasonKey = reason && key("reason", reason);
  const words = [String(id), service, peer, local, reason, budget, limit, hasWord(reasonKey) && word(reasonKey)];
  return words.filter(Boolean).join(" ").toLowerCase();
}

const sum = (services, field) => services.reduce((sum, service) => sum + (service[field] ?? 0), 0);

export class List {
  /** `follow` is called with the connection that was chosen. */
  constructor(follow) {
    this.snapshot = null;
    const boxOf = (id) => new ListBox(byId(id), keyOf, Row, follow);
    this.boxes = { open: boxOf("open"), ended: boxOf("ended") };
    byId("filter").addEventListener("input", () => this.show());
  }

  /** Takes what eco has said. */
  take(snapshot) {
    const before = this.snapshot;
    this.snapshot = snapshot;
    this.tellChanges(before);
    this.show();
  }

  /** Marks the connection that is followed. */
  mark(connection) {
    for (const box of Object.values(this.boxes)) box.select(connection && keyOf(connection));
  }

  show() {
    if (!this.snapshot) return;
    const { services, now } = this.snapshot;
    const context = { now, hasServices: services.length > 1 };
    this.showPart("open", sum(services, "open"), sum(services, "unlisted"), "unlisted", context);
    const ended = services.reduce((sum, service) => sum + service.ended.length, 0);
    const before = sum(services, "ended_unlisted");
    this.showPart("ended", ended, before, "endedUnlisted", context);
  }

  showPart(which, total, left, leftKey, context) {
    const sought = byId("filter").value.trim().toLowerCase();
    const listed = all(this.snapshot.services, which);
    const shown = sought ? listed.filter((it) => wordsOf(it).includes(sought)) : listed;
    this.boxes[which].update(shown, context);
    setText(byId(`${which}-title`), word(which, { n: total }));
    const notes = [];
    if (shown.length < listed.length) notes.push(word("shownOf", { shown: shown.length, n: listed.length }));
    if (left > 0) notes.push(word(leftKey, { n: left }));
    if (which === "open" && total === 0) notes.push(word("noneOpen"));
    if (sought && listed.length > 0 && shown.length === 0) notes.push(word("noneFits"));
    setText(byId(`${which}-note`), notes.join(" · "));
    byId(`${which}-note`).hidden = notes.length === 0;
  }

  /** Says how many have come and gone since the last time. */
  tellChanges(before) {
    if (!before) return;
    const { services } = this.snapshot;
    const opened = all(services, "open").filter((it) => it.opened > before.now).length;
    const ended = all(services, "ended").filter((it) => it.ended > before.now).length;
    if (opened > 0) announce(count("sayOpened", opened));
    if (ended > 0) announce(count("sayEnded", ended));
  }
}
