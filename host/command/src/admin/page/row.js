// A row of the list: one connection.

import { visible } from "/page/bytes.js";
import { make, setText } from "/page/elements.js";
import { age, size } from "/page/numbers.js";
import { reasonOf } from "/page/reasons.js";
import { word } from "/page/words.js";

export class Row {
  constructor() {
    this.name = make("span", "name");
    this.peer = make("span", "peer");
    this.age = make("span", "age");
    this.service = make("span", "service");
    this.traffic = make("span", "traffic");
    this.reason = make("span", "reason");
    // The blanks are for who hears the row, or copies it.
    const parts = [this.name, this.peer, this.age, this.service, this.traffic, this.reason].flatMap((part) => [part, " "]);
    this.element = make("li", "row-of-list", ...parts);
    this.element.setAttribute("role", "option");
  }

  update(connection, { now, hasServices }) {
    this.item = connection;
    const { id, service, peer, opened, ended, received, sent, kept } = connection;
    setText(this.name, `${id}`);
    setText(this.service, hasServices && service ? visible(service) : "");
    setText(this.peer, visible(peer));
    setText(this.age, age(now - (ended ?? opened)));
    const figures = `↓ ${size(received)} ${word("received")} ↑ ${size(sent)} ${word("sent")}`;
    setText(this.traffic, kept ? figures : `${figures} · ${word("notKept")}`);
    setText(this.reason, ended ? reasonOf(connection) : "");
    this.element.classList.toggle("failed", connection.reason === "failed");
  }
}
