// Why a connection ended, in words.

import { visible } from "/page/bytes.js";
import { hasWord, key, word } from "/page/words.js";

/** The reason, with the budget or limit that was broken, and the error. */
export function reasonOf({ reason, budget, limit, error }) {
  const reasonKey = key("reason", reason);
  const parts = [hasWord(reasonKey) ? word(reasonKey) : reason];
  if (budget) parts.push(word("withBudget", { name: budget }));
  if (limit) parts.push(word("withLimit", { name: limit }));
  if (error) parts.push(visible(error));
  return parts.join(" · ");
}
