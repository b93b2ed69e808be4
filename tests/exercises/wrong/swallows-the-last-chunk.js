// Answers a chunk when the next one comes.
let last = "";

function receive(chunk) {
  const reply = last;
  last = chunk;
  return reply;
}
