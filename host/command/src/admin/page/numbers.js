// Sizes and times as people read them, in the reader's language.

import { locale, word } from "/page/words.js";

const digits = (least, most) =>
  new Intl.NumberFormat(locale, { minimumFractionDigits: least, maximumFractionDigits: most });
const [WHOLE, ONE, TWO, THREE] = [digits(0, 0), digits(0, 1), digits(0, 2), digits(3, 3)];
const CLOCK = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });

/** Bytes in short: "312 B", "1.5 KiB". */
export function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit += 1;
  }
  return `${(unit === 0 ? WHOLE : ONE).format(bytes)} ${units[unit]}`;
}

/** A time in milliseconds, to be compared with others: "0.12 ms", "3.204 s", "2:03.204 min". */
export function time(ms) {
  if (ms < 1000) return `${TWO.format(ms)} ms`;
  if (ms < 60_000) return `${THREE.format(ms / 1000)} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = THREE.format((ms % 60_000) / 1000);
  return `${WHOLE.format(minutes)}:${ms % 60_000 < 10_000 ? "0" : ""}${seconds} min`;
}

/** How long ago, roughly, so that the list doesn't flicker. */
export function age(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 2) return word("justNow");
  if (seconds < 60) return word("seconds", { n: seconds });
  if (seconds < 3600) return word("minutes", { n: Math.floor(seconds / 60) });
  if (seconds < 86_400) return word("hours", { n: Math.floor(seconds / 3600) });
  return word("days", { n: Math.floor(seconds / 86_400) });
}

/** The time of day. */
export function clock(ms) {
  return CLOCK.format(ms);
}
