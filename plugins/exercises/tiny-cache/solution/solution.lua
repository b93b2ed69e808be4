-- Tiny cache: keeps 64 bytes of pairs, and forgets the one that was left alone for longest.

local ROOM = 64

-- Each key's value, and when it was used last: a number that grows with each use.
local values, last_use = {}, {}
local uses = 0
local used = 0 -- bytes of all keys and values
local hits, misses, evicted = 0, 0, 0

local lines = Lines()

-- Called once, first: the greeting.
function open()
  return ("cache %d\n"):format(ROOM)
end

local function use(key)
  uses = uses + 1
  last_use[key] = uses
end

local function remove(key)
  used = used - #key - #values[key]
  values[key], last_use[key] = nil, nil
end

-- With 64 bytes there are few pairs to search.
local function oldest()
  local found
  for key, use in pairs(last_use) do
    if not found or use < last_use[found] then found = key end
  end
  return found
end

local function put(key, value)
  local size = #key + #value
  if size > ROOM then return "too big" end -- Before anything has changed.
  if values[key] then remove(key) end -- This is no eviction: the pair gets a new value.
  while used + size > ROOM do
    remove(oldest())
    evicted = evicted + 1
  end
  values[key] = value
  used = used + size
  use(key)
  return "stored"
end

local function get(key)
  local value = values[key]
  if not value then
    misses = misses + 1
    return "none"
  end
  hits = hits + 1
  use(key)
  return "value " .. value
end

local function answer(line)
  local key, value = line:match("^put ([^ ]+) (.*)$")
  if key then return put(key, value) end
  key = line:match("^get ([^ ]+)$")
  if key then return get(key) end
  return "what?"
end

function receive(chunk)
  local replies = {}
  for line in lines:feed(chunk) do replies[#replies + 1] = answer(line) .. "\n" end
  return table.concat(replies)
end

-- Called when the client has finished sending. It still reads. A line without its end is no command.
function end_of_input()
  return ("hits %d misses %d evicted %d\n"):format(hits, misses, evicted)
end
