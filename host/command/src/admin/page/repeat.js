// Doing something again and again, as polling does: not while the page is hidden, and more and more rarely while it fails.

import { Failed } from "/page/server.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;

/** Waits so long, or until `signal` says to end. */
function sleep(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Waits until the page can be seen. */
function seen() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
  });
}

/** A signal that says to end when the page is hidden, or when `outer` does. */
function whileSeen(outer) {
  const controller = new AbortController();
  const end = () => controller.abort();
  const look = () => document.hidden && end();
  outer.addEventListener("abort", end);
  document.addEventListener("visibilitychange", look);
  const forget = () => {
    outer.removeEventListener("abort", end);
    document.removeEventListener("visibilitychange", look);
  };
  return { signal: controller.signal, forget };
}

/**
 * Does `task` again and again, with a pause after each time, until it returns false or `stop` is called. `task` gets a signal
 * for its request. Of a request that failed `failed` is told, with the time until the next try; it may return false to end all.
 */
export function repeat(task, pause, failed) {
  const stopping = new AbortController();
  let hurry = () => {};
  const rest = async (ms) => {
    const early = new AbortController();
    const end = () => early.abort();
    hurry = end;
    stopping.signal.addEventListener("abort", end);
    await sleep(ms, early.signal);
    stopping.signal.removeEventListener("abort", end);
  };
  const run = async () => {
    let wait = FIRST_WAIT;
    while (!stopping.signal.aborted) {
      await seen();
      const { signal, forget } = whileSeen(stopping.signal);
      try {
        if ((await task(signal)) === false) return;
        wait = FIRST_WAIT;
        await rest(pause);
      } catch (error) {
        // A request that ended because the page was hidden has not failed.
        if (signal.aborted) continue;
        // A mistake of the page's own would only come again. The browser's console has it.
        if (!(error instanceof Failed)) throw error;
        if (failed(error, wait) === false) return;
        await rest(wait);
        wait = Math.min(wait * 2, LONGEST_WAIT);
      } finally {
        forget();
      }
    }
  };
  run();
  return { stop: () => stopping.abort(), now: () => hurry() };
}
