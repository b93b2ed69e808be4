function receive(chunk) {
  for (let line = 0; line < 10000; line++) console.log("I am still here");
  return chunk;
}
