// Making elements. Text is always set as text: what peers and plugins say can't become markup.

/** The element of the page with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** A new element of this class, with texts or elements in it. */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Sets a text only where it has changed, since each change costs the browser work. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
