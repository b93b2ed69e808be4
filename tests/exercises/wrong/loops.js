function receive(chunk) {
  for (;;);
}
