-- Chat: the README has the lines. This file runs afresh for every connection, so a variable up here belongs to
-- one connection. What connections have to do with each other goes through topics.

local lines = Lines()
-- The name of whoever is at the other end, once it is known.
local name

-- Called once, when somebody connects.
function open()
  return "name?\n"
end

-- Called with the bytes that have just arrived, a string.
function receive(chunk)
  for line in lines:feed(chunk) do
    -- Begin here: is this the name, or something that is said? These will help:
    --   local others = subscribe("room", name)   a list of who is there already; each has a label
    --   publish("room", line)                     to all others
    --   send("text\n")                            to the one at the other end, from anywhere
  end
end

-- Called when somebody else has published something, a string.
function message(topic, data, from)
end

-- Called when somebody else has subscribed: member.label is the name. There is a function for leaving too.
function joined(topic, member)
end
