-- Heartbeat: the README has the lines. This file runs afresh for every connection, so a variable up here
-- belongs to one connection: whether a tick waits for its tock, for instance.

local lines = Lines()

-- To say the last word: return "...", "close"
local function tick()
end

-- Called with the bytes that have just arrived, a string.
function receive(chunk)
  for line in lines:feed(chunk) do
    -- Begin here. These will help:
    --   local timer = every(0.2, tick)   has tick called every 200 ms
    --   cancel(timer)                    stops that
    --   send("ok\n")                     says something, from anywhere
  end
end
