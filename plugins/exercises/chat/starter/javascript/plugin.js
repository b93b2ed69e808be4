// Chat: the README has the lines. This file runs afresh for every connection, so a variable up here belongs to
// one connection. What connections have to do with each other goes through topics.

const lines = new Lines();
// The name of whoever is at the other end, once it is known.
let name;

// Called once, when somebody connects.
function open() {
  return "name?\n";
}

// Called with the bytes that have just arrived.
function receive(chunk) {
  for (const line of lines.feed(chunk)) {
    // Begin here: is this the name, or something that is said? These will help:
    //   const others = subscribe("room", name);   an array of who is there already; each has a label
    //   publish("room", line);                     to all others
    //   send("text\n");                            to the one at the other end, from anywhere
  }
}

// Called when somebody else has published something.
function message(topic, data, from) {
  const line = new TextDecoder().decode(data);
}

// Called when somebody else has subscribed: member.label is the name. There is a function for leaving too.
function joined(topic, member) {}
