// client: sends lines to the plugin `lines`, one after the other, and checks every reply.
//
// A client plugin holds a dialogue in turns. A turn says what to send and how far to read after it,
// and eco does both. What was read comes to `replied`, which returns the next turn.

const NEWLINE = 10;
const encoder = new TextEncoder();
let dialogue; // Each turn, the reply that it must get, and what to say if it gets another.
let at = 0; // The turn that is under way.

// Called first. The message is what the user typed, or null.
function start(message) {
  const lines = split(message ?? encoder.encode("one\ntwo\nthree\n"));
  const answers = lines.map((line, index) => ({
    turn: { send: line, through: "\n" },
    reply: join(encoder.encode(`${index + 1}: `), line),
    otherwise: `line ${index + 1} came back changed`,
  }));
  dialogue = [
    {
      turn: { through: "\n" },
      reply: encoder.encode("ready\n"),
      otherwise: "the greeting should be ready",
    },
    ...answers,
    {
      turn: { toEnd: true },
      reply: encoder.encode(`goodbye after ${lines.length} lines\n`),
      otherwise: `the goodbye should be for ${lines.length} lines`,
    },
  ];
  return dialogue[at].turn;
}

// Called with each reply, read exactly as far as the turn said.
function replied(reply) {
  const offset = difference(reply, dialogue[at].reply);
  if (offset >= 0) return { wrong: dialogue[at].otherwise, offset };
  at += 1;
  return dialogue[at]?.turn; // After the last turn this is undefined: all replies were right.
}

// The lines of a message, each with its newline. The last one is given one if it lacks it.
function split(message) {
  if (message.length > 0 && message.at(-1) !== NEWLINE) message = join(message, [NEWLINE]);
  const lines = [];
  for (let start = 0, end; start < message.length; start = end) {
    end = message.indexOf(NEWLINE, start) + 1;
    lines.push(message.subarray(start, end));
  }
  return lines;
}

function join(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

// The first place where two arrays differ, or -1 if they are the same.
function difference(one, other) {
  const shorter = Math.min(one.length, other.length);
  for (let place = 0; place < shorter; place++) {
    if (one[place] !== other[place]) return place;
  }
  return one.length === other.length ? -1 : shorter;
}
