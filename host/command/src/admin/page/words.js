// The words of the page in the reader's language: the first of the browser's that there is.

import { english } from "/page/english.js";
import { spanish } from "/page/spanish.js";

const LANGUAGES = { en: english, es: spanish };

// "es-MX" is Spanish too. English is for everybody else.
const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
const code = wanted.find((code) => code in LANGUAGES) ?? "en";
const words = LANGUAGES[code];

// The reader's own tag, so that numbers look as in their country.
export const locale = navigator.languages.find((tag) => tag.toLowerCase().startsWith(code)) ?? code;
const number = new Intl.NumberFormat(locale);

/** The text of this key, with values in the place of {name}. */
export function word(key, values = {}) {
  const shown = (value) => (typeof value === "number" ? number.format(value) : value);
  return words[key].replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

/** Whether there is a text of this key. */
export function hasWord(key) {
  return Object.hasOwn(words, key);
}

/** The text for so many: that of `keyOne` for one, that of `keyOther` for others. */
export function count(key, n, values = {}) {
  return word(key + (n === 1 ? "One" : "Other"), { ...values, n });
}

/** The key of a word of eco's API: `key("reason", "by-plugin")` is `reasonByPlugin`. */
export function key(prefix, code) {
  return prefix + code.split("-").map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");
}

/** Puts the words into what is in page.html. */
export function translate() {
  document.documentElement.lang = code;
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = word(element.dataset.word);
  }
  for (const element of document.querySelectorAll("[data-word-label]")) {
    element.setAttribute("aria-label", word(element.dataset.wordLabel));
  }
}
