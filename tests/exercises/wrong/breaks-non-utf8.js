// Takes bytes for text, and what is no text for question marks in diamonds.
const decoder = new TextDecoder();
let rest = "";

function receive(chunk) {
  rest += decoder.decode(chunk, { stream: true });
  const end = rest.lastIndexOf("\n") + 1;
  let reply = rest.slice(0, end);
  rest = rest.slice(end);
  const quit = reply.indexOf("quit\n");
  if (quit >= 0) return { data: reply.slice(0, quit), next: "close" };
  return reply;
}
