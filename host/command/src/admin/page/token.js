// The token, which says that the reader may see what peers say. eco prints it in the address: http://…/#token=….
//
// It is taken out of the address bar at once: that is projected in a class, and browsers keep and share their histories.
// The tab remembers it, so that loading the page again works; in a new tab, eco's address is opened again.

const NAME = "eco-token";
let token = null;

function remembered() {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    // The reader's settings don't let pages keep anything. Then it lasts as long as the page.
    return null;
  }
}

/** Takes this token from now on. */
export function setToken(value) {
  token = value;
  try {
    sessionStorage.setItem(NAME, value);
  } catch {
    // As above.
  }
}

/** The token in a text: in an address with #token=…, or the whole text. */
export function tokenIn(text) {
  const [, found] = /[#&]token=([^&\s]*)/.exec(text) ?? [];
  return found === undefined ? text.trim() : found;
}

/** Takes the token from the address bar, if there is one. It says whether there was. */
export function takeFromAddress() {
  if (!location.hash.includes("token=")) return false;
  setToken(tokenIn(location.hash));
  history.replaceState(null, "", location.pathname);
  return true;
}

/** The token, or null. */
export function currentToken() {
  token ??= remembered();
  return token;
}
