function receive(chunk)
  return string.rep("x", 65537)
end
