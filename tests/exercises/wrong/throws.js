function receive(chunk) {
  return chunk.nothing.at.all;
}
