local eaten = {}

function receive(chunk)
  while true do eaten[#eaten + 1] = string.rep(chunk:rep(100), (1 << 20) // (100 * #chunk)) end
end
