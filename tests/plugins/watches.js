// Put behind a solution in JavaScript: it publishes in many topics, sets timers, draws and logs, writes down all that it
// sees, and fails with that when the last connection ends.
{
  const { open, receive, message, joined, left, endOfInput, closed } = globalThis;
  const kept = new Map();
  // A solution may have a function of this name.
  const shared = store.add ? store : {
    get: (key) => kept.get(key),
    set: (key, value) => kept.set(key, new TextEncoder().encode(value)),
    add: (key, more) => { kept.set(key, (kept.get(key) ?? 0) + more); return kept.get(key); },
  };
  const topics = Array.from({ length: 8 }, (_, n) => `watched ${n}`);
  const note = (what) => {
    console.log(what);
    const before = shared.get("zz heard");
    shared.set("zz heard", (before ? new TextDecoder().decode(before) : "") + what + ";");
  };
  const seen = (who) => `${who.id} ${who.label}`;
  globalThis.open = (connection) => {
    const greeting = open?.(connection);
    shared.add("zz here", 1);
    for (const topic of topics) for (const other of subscribe(topic, `${Math.random()}`)) note(`there ${seen(other)}`);
    setTimeout(() => { note(`timer ${Date.now()}`); publish(topics[3], "tick"); }, Math.random() * 50);
    return greeting;
  };
  globalThis.receive = (chunk) => {
    for (const topic of topics) try { publish(topic, `${Math.random()}`) } catch {}
    return receive(chunk);
  };
  globalThis.message = (topic, data, from) => {
    if (!topics.includes(topic)) return message?.(topic, data, from);
    note(`message ${topic} ${seen(from)} ${data.length}`);
  };
  globalThis.joined = (topic, who) => {
    if (!topics.includes(topic)) return joined?.(topic, who);
    note(`joined ${topic} ${seen(who)}`);
  };
  globalThis.left = (topic, who) => {
    if (!topics.includes(topic)) return left?.(topic, who);
    note(`left ${topic} ${seen(who)}`);
  };
  let is_here = true;
  const leaves = () => {
    const others = is_here ? Number(shared.add("zz here", -1)) : 1;
    is_here = false;
    return others === 0;
  };
  globalThis.endOfInput = () => {
    if (!leaves()) return endOfInput?.();
    const heard = new TextDecoder().decode(shared.get("zz heard") ?? new Uint8Array());
    // Of what is long the report shows the beginning.
    let sum = 0;
    for (const letter of heard) sum = (sum * 31 + letter.charCodeAt(0)) % 4294967291;
    throw new Error(`${sum} ${heard.split("left").length - 1} left, ${heard.slice(-300)}`);
  };
  globalThis.closed = (why) => {
    leaves();
    closed?.(why);
  };
}
