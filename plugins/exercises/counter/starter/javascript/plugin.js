// Counter: the README has the commands. This file runs afresh for every connection, so a variable up here
// belongs to one connection. What all share is in the store.

const lines = new Lines();

// Called with the bytes that have just arrived.
function receive(chunk) {
  let reply = "";
  for (const line of lines.feed(chunk)) reply += answer(line) + "\n";
  return reply;
}

// Begin here. These will help:
//   store.add("counter", 3)                          adds, and gives the sum; adding 0 is looking
//   store.compareAndSet("counter", "5", "8")         writes 8 if it is 5, and says whether it was
function answer(line) {
  return "";
}
