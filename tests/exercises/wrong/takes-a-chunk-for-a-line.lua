-- Every chunk is a line, with a newline at its end or not.
function receive(chunk)
  if chunk == "quit\n" then return "", "close" end
  if chunk:sub(-6) == "\nquit\n" then return chunk:sub(1, -6), "close" end
  if chunk:sub(-1) ~= "\n" then return chunk .. "\n" end
  return chunk
end
