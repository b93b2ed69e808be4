// Prime time: the README has the rules. This file runs afresh for every caller, so a variable up here
// belongs to one connection.

// Called with whatever has just arrived: half a request, or three and a half. Keep what has no newline
// yet in a variable above, and return the answers to the lines that are complete:
//   '{"ask":"prime","answer":true}\n'
// or, at a malformed line, the answers so far and the last word:
//   { data: answers + "malformed\n", next: "close" }
function receive(chunk) {
  const text = new TextDecoder().decode(chunk);
  // console.log(text) shows it in eco's log.

  // Begin here: what does JSON.parse say to a line, and what does it do when the line isn't JSON?
}

// A loop that tries divisors is enough. How far does it have to go for 4294967291?
function isPrime(value) {
  return false;
}
