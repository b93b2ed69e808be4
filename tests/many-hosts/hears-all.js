// A client of rooms.js, which knows what it must hear: of each other in its room all messages, each once and in
// their order.
const ROOMS = 10;
const OTHERS = 29;
const MESSAGES = 20;
const RECORD = 16;
const text = new TextDecoder();
let room;

const start = () => ({ through: "\n" });

function replied(reply) {
  if (room !== undefined) return check(text.decode(reply));
  const number = Number(text.decode(reply));
  room = number % ROOMS;
  let said = "";
  for (let message = 0; message < MESSAGES; message++) said += `${number} ${message}`.padEnd(RECORD);
  return { send: said, exactly: OTHERS * MESSAGES * RECORD };
}

function check(heard) {
  const next = new Map();
  for (let at = 0; at < heard.length; at += RECORD) {
    const [number, message] = heard.slice(at, at + RECORD).trim().split(" ").map(Number);
    if (number % ROOMS !== room) return { wrong: `a message of ${number} is in room ${room}`, offset: at };
    if (message !== (next.get(number) ?? 0)) return { wrong: `message ${message} of ${number} is not in its place`, offset: at };
    next.set(number, message + 1);
  }
  if (next.size !== OTHERS) return { wrong: `it heard ${next.size} others` };
}
