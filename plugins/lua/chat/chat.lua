-- chat: a room in which everybody hears what the others say, and who comes and goes.

-- The state of this connection; each has its own. What connections share goes through topics.
local lines = Lines()
local name

function open()
  return "Your name? "
end

local function enter(line)
  name = line
  -- From now on the functions below are called. Who is there already is told here.
  local labels = {}
  for index, member in ipairs(subscribe("room", name)) do labels[index] = member.label end
  send(#labels > 0 and "Here: " .. table.concat(labels, ", ") .. "\n" or "You are the first.\n")
end

-- Called with each chunk. A line may come in pieces, or several at once.
function receive(chunk)
  for line in lines:feed(chunk) do
    -- To all others, when this call has returned.
    if name then publish("room", line) else enter(line) end
  end
end

-- What these return goes to the peer, as what `receive` returns does.
function message(topic, data, from)
  return from.label .. ": " .. data .. "\n"
end

function joined(topic, member)
  return member.label .. " comes\n"
end

function left(topic, member)
  return member.label .. " goes\n"
end

-- More was said than this peer could take.
function missed(topic, count)
  return ("(%s missed)\n"):format(count)
end
