// Chat: the first line is the name, and the others go to everybody else in the room.

const lines = new Lines();
let name;

function open() {
  return "name?\n";
}

function receive(chunk) {
  for (const line of lines.feed(chunk)) {
    if (name !== undefined) {
      publish("room", line);
      continue;
    }
    if (!/^[A-Za-z0-9]{1,16}$/.test(line)) return { data: "bad name\n", next: "close" };
    name = line;
    const others = subscribe("room", name).map((member) => member.label).sort();
    send(others.length > 0 ? `* here: ${others.join(", ")}\n` : "* nobody is here\n");
  }
}

function message(topic, data, from) {
  return `<${from.label}> ${new TextDecoder().decode(data)}\n`;
}

function joined(topic, member) {
  return `* ${member.label} comes\n`;
}

function left(topic, member) {
  return `* ${member.label} goes\n`;
}
