-- Owns Lines, which makes lines of chunks. Loaded when a script first calls it, so that the others don't
-- pay for it. The value of this file is the function.
local concat, remove, setmetatable, getmetatable, error, type =
  table.concat, table.remove, setmetatable, getmetatable, error, type
local find, sub = string.find, string.sub

local Lines = { __name = "Lines" }
Lines.__index = Lines

-- Adds a piece to the line whose end hasn't come yet. It is joined to those before it that are no longer
-- than itself, so that a line that comes byte by byte is copied a few times, and not for each byte.
local function keep(rest, piece)
  while #rest > 0 and #rest[#rest] <= #piece do
    piece = remove(rest) .. piece
  end
  rest[#rest + 1] = piece
end

local function each(lines)
  local at = 0
  return function()
    at = at + 1
    return lines[at]
  end
end

local function check(lines, name)
  if getmetatable(lines) ~= Lines then
    error("write lines:" .. name .. ", with a colon", 3)
  end
end

-- Iterates over the lines that end in this chunk, without their "\n", and keeps what follows the last.
function Lines:feed(chunk)
  check(self, "feed(chunk)")
  if type(chunk) ~= "string" then
    error("lines:feed takes a string, not " .. type(chunk), 2)
  end
  local lines = {}
  local first = 1
  local last = find(chunk, "\n", first, true)
  while last do
    keep(self, sub(chunk, first, last - 1))
    lines[#lines + 1] = concat(self)
    for at = #self, 1, -1 do self[at] = nil end
    first = last + 1
    last = find(chunk, "\n", first, true)
  end
  if first <= #chunk then
    keep(self, sub(chunk, first))
  end
  return each(lines)
end

-- Iterates over what is left at the end: the last line, if it has no "\n", or none.
function Lines:flush()
  check(self, "flush()")
  local rest = concat(self)
  for at = #self, 1, -1 do self[at] = nil end
  return each({ rest ~= "" and rest or nil })
end

return function()
  return setmetatable({}, Lines)
end
