// The page: asks eco for the connections each second, and follows the one that is chosen.

import { announce } from "/page/announce.js";
import { prepareCopying } from "/page/copy.js";
import { prepareDoor, showDoor } from "/page/door.js";
import { byId, setText } from "/page/elements.js";
import { follow } from "/page/follow.js";
import { List } from "/page/list.js";
import { repeat } from "/page/repeat.js";
import { Locked, ask } from "/page/server.js";
import { View } from "/page/view.js";
import { translate, word } from "/page/words.js";

// How often the list is asked for. It also tells eco that somebody looks, so that it keeps chunks.
const PAUSE = 1000;

translate();
const view = new View();
const list = new List(choose);
let stopFollowing = () => {};
let polling = null;
const narrow = matchMedia("(max-width: 48rem)");

/** Follows this connection from now on. */
function choose(connection) {
  stopFollowing();
  list.mark(connection);
  view.begin(connection);
  stopFollowing = follow(connection, (events, isOver) => view.take(events, isOver), () => view.lost());
  document.body.classList.add("is-following");
  // There the list makes way for the dialogue, too.
  if (narrow.matches) byId("dialogue").focus();
}

/** Goes back to the list, which a narrow window shows alone. */
function goBack() {
  document.body.classList.remove("is-following");
  (document.querySelector("[role=option][aria-selected=true]") ?? byId("filter")).focus();
}

function showState(state) {
  setText(byId("state"), word(state));
  byId("state").dataset.state = state;
}

async function takeList(signal) {
  const snapshot = await ask("/connections.json", signal);
  list.take(snapshot);
  if (!byId("trouble").hidden) announce(word("sayBack"));
  byId("trouble").hidden = true;
  showState("live");
}

/** Without a token there is nothing to ask for; a server that can't be reached is asked again later. */
function failed(error, wait) {
  if (error instanceof Locked) {
    stopFollowing();
    showState("locked");
    showDoor();
    return false;
  }
  showState("noAnswer");
  if (byId("trouble").hidden) announce(word("sayLost"));
  setText(byId("trouble").querySelector("span"), word("lost", { time: word("seconds", { n: wait / 1000 }) }));
  byId("trouble").hidden = false;
  return true;
}

function begin() {
  polling?.stop();
  showState("asking");
  byId("main").hidden = false;
  polling = repeat(takeList, PAUSE, failed);
}

// Only a narrow window folds the tools.
const fold = () => (byId("tools").open = !narrow.matches);
narrow.addEventListener("change", fold);
fold();

byId("back").addEventListener("click", goBack);
byId("trouble").querySelector("button").addEventListener("click", () => polling.now());
prepareCopying(() => view.dialogue);
prepareDoor(begin);
begin();
