// What stands in the place of the page while its token is missing or wrong.

import { byId } from "/page/elements.js";
import { currentToken, setToken, takeFromAddress, tokenIn } from "/page/token.js";
import { word } from "/page/words.js";

/** Takes the token from the address, now and when another is opened in this tab, or from the form. */
export function prepareDoor(begin) {
  takeFromAddress();
  const open = () => {
    byId("door").hidden = true;
    begin();
  };
  addEventListener("hashchange", () => takeFromAddress() && open());
  byId("door").addEventListener("submit", (event) => {
    event.preventDefault();
    setToken(tokenIn(byId("token").value));
    byId("token").value = "";
    open();
  });
}

/** Shows it in the place of the page. */
export function showDoor() {
  byId("door-why").textContent = word(currentToken() ? "doorWrong" : "doorMissing");
  byId("main").hidden = true;
  byId("door").hidden = false;
  byId("token").focus();
}
