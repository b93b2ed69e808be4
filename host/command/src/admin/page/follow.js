// Following one connection: asks eco for its events, again and again, each time for those after the last.

import { repeat } from "/page/repeat.js";
import { Locked, Unknown, ask } from "/page/server.js";

// eco answers when there are events, so a busy connection would have the page ask without end.
const LEAST_PAUSE = 200;

// Events that are shown at once. The page does other things in between, such as to listen to its reader.
const AT_ONCE = 100;

const breath = () => new Promise((resolve) => setTimeout(resolve));

/** Follows it until the returned function is called. `take` gets events, and `lost` is told that eco knows it no more. */
export function follow(connection, take, lost) {
  const query = new URLSearchParams({ id: connection.id, from: 0 });
  if (connection.service !== null) query.set("service", connection.service);
  const next = async (signal) => {
    const { events, next, is_over: isOver } = await ask(`/events.json?${query}`, signal);
    for (let at = 0; at < events.length; at += AT_ONCE) {
      if (at > 0) await breath();
      // The page was hidden, or another connection chosen. What was not taken is asked for again.
      if (signal.aborted) return true;
      const some = events.slice(at, at + AT_ONCE);
      take(some, false);
      query.set("from", some.at(-1).n + 1);
    }
    query.set("from", next);
    if (isOver) take([], true);
    return !isOver;
  };
  const failed = (error) => {
    if (error instanceof Unknown) lost();
    // Who polls the list says that eco can't be reached, or that the token is wrong.
    return !(error instanceof Unknown || error instanceof Locked);
  };
  return repeat(next, LEAST_PAUSE, failed).stop;
}
