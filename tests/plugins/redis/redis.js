// A part of Redis's protocol over the store: PING, SET with EX, GET, INCR and DEL.
// https://redis.io/docs/latest/develop/reference/protocol-spec/

const latin1 = new TextDecoder("latin1");
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();
// What has come of commands that aren't whole yet, a character for each byte.
let rest = "";
// Whether all that the running call has read is ASCII, as nearly always. Its texts need no encoding then.
let ascii = true;

function receive(chunk) {
  ascii = rest === "";
  const text = rest + read(chunk);
  const words = only(text);
  if (words !== undefined) {
    rest = "";
    return bytes(answer(words));
  }
  let replies = "";
  let at = 0;
  while (at < text.length) {
    const command = parse(text, at);
    if (command === undefined) break;
    at = command.end;
    replies += answer(command.words);
  }
  rest = text.slice(at);
  return bytes(replies);
}

// A character for each byte.
function read(bytes) {
  try {
    const text = strict.decode(bytes);
    if (text.length === bytes.length) return text;
  } catch {
    // It is no UTF-8 either.
  }
  ascii = false;
  return latin1.decode(bytes);
}

// The words of the one command that this is, as nearly always: quicker than to parse it. Nothing where it is not one,
// or has a line break in a word.
function only(text) {
  const lines = text.split("\r\n");
  const count = (lines.length - 2) / 2;
  if (lines[0] !== "*" + count || lines[lines.length - 1] !== "") return;
  const words = [];
  for (let at = 1; at <= 2 * count; at += 2) {
    const word = lines[at + 1];
    if (lines[at] !== "$" + word.length) return;
    words.push(word);
  }
  return words;
}

// The command that begins there, or nothing where it isn't whole: an array of strings, each with its length
// before it, or words in a line.
function parse(text, start) {
  let end = text.indexOf("\r\n", start);
  if (end < 0) return;
  if (text[start] !== "*") return { words: text.slice(start, end).split(" "), end: end + 2 };
  const words = [];
  for (let left = Number(text.slice(start + 1, end)); left > 0; left--) {
    const begin = text.indexOf("\r\n", end + 2);
    if (begin < 0) return;
    const length = Number(text.slice(end + 3, begin));
    end = begin + 2 + length;
    if (text.length < end + 2) return;
    words.push(text.slice(begin + 2, end));
  }
  return { words, end: end + 2 };
}

function answer(words) {
  const name = words[0] ?? "", key = words[1];
  try {
    switch (name.toUpperCase()) {
      case "PING":
        return "+PONG\r\n";
      case "SET":
        store.set(key, bytes(words[2]), words[3] === undefined ? undefined : { ttl: 1000 * Number(words[4]) });
        return "+OK\r\n";
      case "GET": {
        const found = store.get(key);
        return found === undefined ? "$-1\r\n" : `$${found.length}\r\n${read(found)}\r\n`;
      }
      case "INCR":
        return `:${store.add(key, 1)}\r\n`;
      case "DEL":
        return `:${store.delete(key) ? 1 : 0}\r\n`;
      default:
        return `-ERR unknown command '${name}'\r\n`;
    }
  } catch (error) {
    return `-ERR ${error.code ?? error.message}\r\n`;
  }
}

// A string of ASCII is its own bytes.
function bytes(text) {
  if (ascii) return text;
  const encoded = utf8.encode(text);
  return encoded.length === text.length ? encoded : Uint8Array.from(text, (c) => c.charCodeAt(0));
}
