-- One chunk, one answer, and goodbye.
function receive(chunk)
  return chunk, "close"
end
