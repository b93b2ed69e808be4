-- client: sends lines to the plugin `lines`, one after the other, and checks every reply.
--
-- A client plugin holds a dialogue in turns. A turn says what to send and how far to read after it,
-- and eco does both. What was read comes to `replied`, which returns the next turn.

-- Each turn, the reply that it must get, and what to say if it gets another.
local dialogue = {}
-- The turn that is under way.
local at = 1

local function add(turn, reply, otherwise)
  dialogue[#dialogue + 1] = { turn = turn, reply = reply, otherwise = otherwise }
end

-- The first place where two strings differ. eco counts from 0, Lua from 1.
local function difference(one, other)
  local place = 1
  while place <= #one and one:byte(place) == other:byte(place) do
    place = place + 1
  end
  return place - 1
end

-- Called first. The message is what the user typed, or nil.
function start(message)
  message = message or "one\ntwo\nthree\n"
  if message ~= "" and message:sub(-1) ~= "\n" then
    message = message .. "\n"
  end

  add({ through = "\n" }, "ready\n", "the greeting should be ready")
  local count = 0
  for line in message:gmatch("[^\n]*\n") do
    count = count + 1
    local turn = { send = line, through = "\n" }
    add(turn, count .. ": " .. line, "line " .. count .. " came back changed")
  end
  local lines = count .. " lines"
  add({ to_end = true }, "goodbye after " .. lines .. "\n", "the goodbye should be for " .. lines)
  return dialogue[at].turn
end

-- Called with each reply, read exactly as far as the turn said.
function replied(reply)
  local this = dialogue[at]
  if reply ~= this.reply then
    return { wrong = this.otherwise, offset = difference(reply, this.reply) }
  end
  at = at + 1
  -- After the last turn there is nothing more to say: all replies were right.
  return dialogue[at] and dialogue[at].turn
end
