// Heartbeat: the README has the lines. This file runs afresh for every connection, so a variable up here belongs
// to one connection: whether a tick waits for its tock, for instance.

const lines = new Lines();

// Called with the bytes that have just arrived.
function receive(chunk) {
  for (const line of lines.feed(chunk)) {
    // Begin here. These will help:
    //   const timer = setInterval(tick, 200);   has tick called every 200 ms
    //   clearInterval(timer);                   stops that
    //   send("ok\n");                           says something, from anywhere
  }
}

// To say the last word, return { data: "...", next: "close" }.
function tick() {}
