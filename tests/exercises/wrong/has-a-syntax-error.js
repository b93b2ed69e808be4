function receive(chunk {
  return chunk;
}
