-- lines: numbers the lines that the peer sends, and says goodbye with their number.
--
-- Every connection runs this file afresh, so a variable out here belongs to one connection only.

-- The line whose end hasn't come yet, in a few pieces.
local rest = {}
-- The lines answered so far.
local count = 0

-- Adds a piece to the rest. It is joined to those before it that are no longer than itself, so that
-- a line that comes byte by byte is copied a few times, and not as a whole for each byte.
local function keep(piece)
  while #rest > 0 and #rest[#rest] <= #piece do
    piece = table.remove(rest) .. piece
  end
  rest[#rest + 1] = piece
end

local function answer()
  local line = table.concat(rest)
  rest = {}
  count = count + 1
  return count .. ": " .. line .. "\n"
end

-- Called once, before anything has come. What it returns is the greeting.
function open(connection)
  return "ready\n"
end

-- Called with each chunk. Lines end anywhere in it: what follows the last one is kept for later.
function receive(chunk)
  local replies = {}
  local first = 1
  local last = chunk:find("\n", first, true)
  while last do
    keep(chunk:sub(first, last - 1))
    replies[#replies + 1] = answer()
    first = last + 1
    last = chunk:find("\n", first, true)
  end
  if first <= #chunk then
    keep(chunk:sub(first))
  end
  return table.concat(replies)
end

-- Called when the peer has finished sending. It still reads.
function end_of_input()
  local reply = #rest > 0 and answer() or ""
  return reply .. "goodbye after " .. count .. " lines\n"
end

-- Called last, whatever the end was. Nothing can be sent any more, but the log is still there.
function closed(why)
  print("closed: " .. why)
end
