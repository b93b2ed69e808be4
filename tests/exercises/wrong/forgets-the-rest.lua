-- Answers whole lines of a chunk, and throws away what follows the last one.
function receive(chunk)
  local lines = chunk:match("^(.*\n)") or ""
  local before = lines:match("^(.-)quit\n")
  if before then return before, "close" end
  return lines
end
