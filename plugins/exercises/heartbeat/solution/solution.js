// Heartbeat: asks whether anybody is still there, and hangs up on silence.

const MOST = 60000;

const lines = new Lines();
let timer;
// Whether a tick waits for its tock.
let waits = false;

function receive(chunk) {
  for (const line of lines.feed(chunk)) {
    const [, digits] = /^pulse (0|[1-9][0-9]*)$/.exec(line) ?? [];
    if (line === "tock") waits = false;
    else if (digits !== undefined && Number(digits) <= MOST) pulse(Number(digits));
    else send("what?\n");
  }
}

function pulse(period) {
  clearInterval(timer);
  waits = false;
  if (period > 0) timer = setInterval(tick, period);
  send("ok\n");
}

function tick() {
  if (waits) return { data: "silence\n", next: "close" };
  waits = true;
  send("tick\n");
}
