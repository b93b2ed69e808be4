-- Counter: the README has the commands. This file runs afresh for every connection, so a variable up here
-- belongs to one connection. What all share is in the store.

local lines = Lines()

-- Begin here. These will help:
--   store.add("counter", 3)                         adds, and gives the sum; adding 0 is looking
--   store.compare_and_set("counter", "5", "8")      writes 8 if it is 5, and says whether it was
local function answer(line)
  return ""
end

-- Called with the bytes that have just arrived, a string.
function receive(chunk)
  local replies = {}
  for line in lines:feed(chunk) do replies[#replies + 1] = answer(line) .. "\n" end
  return table.concat(replies)
end
