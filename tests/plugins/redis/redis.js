// A part of Redis's protocol over the store: PING, SET with EX, GET, INCR and DEL.
// https://redis.io/docs/latest/develop/reference/protocol-spec/

const latin1 = new TextDecoder("latin1");
// What has come of commands that aren't whole yet, a character for each byte.
let rest = "";

function receive(chunk) {
  const text = rest + latin1.decode(chunk);
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

function answer([name = "", key, value, option, seconds]) {
  try {
    switch (name.toUpperCase()) {
      case "PING":
        return "+PONG\r\n";
      case "SET":
        store.set(key, bytes(value), option === undefined ? undefined : { ttl: 1000 * Number(seconds) });
        return "+OK\r\n";
      case "GET": {
        const found = store.get(key);
        return found === undefined ? "$-1\r\n" : `$${found.length}\r\n${latin1.decode(found)}\r\n`;
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
  return /^[\0-\x7f]*$/.test(text) ? text : Uint8Array.from(text, (c) => c.charCodeAt(0));
}
