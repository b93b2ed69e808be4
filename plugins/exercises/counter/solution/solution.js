// Counter: one number for all clients. It is in the store as a decimal number, or not there, which is 0.

const KEY = "counter";
const MOST = 1000000;

const lines = new Lines();
// The number that this client has seen last.
let seen;

function receive(chunk) {
  return lines.feed(chunk).map((line) => `${answer(line)}\n`).join("");
}

function answer(line) {
  if (line === "get") return (seen = store.add(KEY, 0));
  const [, command, digits] = /^(add|set) (0|-?[1-9][0-9]*)$/.exec(line) ?? [];
  const number = Number(digits);
  if (command === undefined || Math.abs(number) > MOST) return "what?";
  if (command === "add") return (seen = store.add(KEY, number));
  if (seen !== undefined && store.compareAndSet(KEY, `${seen}`, `${number}`)) {
    seen = number;
    return "ok";
  }
  return `changed ${(seen = store.add(KEY, 0))}`;
}
