local eaten = {}

function receive(chunk)
  while true do eaten[#eaten + 1] = string.rep(chunk, (1 << 20) // #chunk) end
end
