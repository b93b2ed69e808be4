// Asking eco. Each request carries the token in a header, which no page of another site can send.

import { currentToken } from "/page/token.js";

// A long poll is answered within 20 s. A server that takes longer is lost.
const PATIENCE = 30_000;

/** eco could not be asked, or has not answered well. */
export class Failed extends Error {}

/** The token is missing, or is not the one of this eco. */
export class Locked extends Failed {}

/** eco doesn't know what was asked for. */
export class Unknown extends Failed {}

/** The JSON at this path. The request ends when `signal` says so. */
export async function ask(path, signal) {
  const token = currentToken();
  if (!token) throw new Locked();
  const ending = new AbortController();
  const end = () => ending.abort();
  signal.addEventListener("abort", end);
  const timer = setTimeout(end, PATIENCE);
  try {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await fetch(path, { headers, signal: ending.signal, cache: "no-store" });
    if (answer.status === 401) throw new Locked();
    if (answer.status === 404) throw new Unknown();
    if (!answer.ok) throw new Failed(`status ${answer.status}`);
    return await answer.json();
  } catch (error) {
    throw error instanceof Failed ? error : new Failed("no answer", { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}
