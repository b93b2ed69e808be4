// chat: a room in which everybody hears what the others say, and who comes and goes.

// The state of this connection; each has its own. What connections share goes through topics.
const lines = new Lines();
let name;

function open() {
  return "Your name? ";
}

// Called with each chunk. A line may come in pieces, or several at once.
function receive(chunk) {
  for (const line of lines.feed(chunk)) {
    if (name === undefined) enter(line);
    // To all others, when this call has returned.
    else publish("room", line);
  }
}

function enter(line) {
  name = line;
  // From now on the functions below are called. Who is there already is told here.
  const others = subscribe("room", name).map((member) => member.label);
  send(others.length > 0 ? `Here: ${others.join(", ")}\n` : "You are the first.\n");
}

// What these return goes to the peer, as what `receive` returns does.
function message(topic, data, from) {
  return `${from.label}: ${new TextDecoder().decode(data)}\n`;
}

function joined(topic, member) {
  return `${member.label} comes\n`;
}

function left(topic, member) {
  return `${member.label} goes\n`;
}

// More was said than this peer could take.
function missed(topic, count) {
  return `(${count} missed)\n`;
}
