-- Counter: one number for all clients. It is in the store as a decimal number, or not there, which is 0.

local KEY = "counter"
local MOST = 1000000

local lines = Lines()
-- The number that this client has seen last.
local seen

local function look(sum)
  seen = sum
  return tostring(sum)
end

-- A whole number without a plus sign or leading zeros, or nil.
local function number(digits)
  if digits ~= "0" and not digits:find("^-?[1-9]%d*$") then return nil end
  local value = tonumber(digits)
  return math.type(value) == "integer" and math.abs(value) <= MOST and value or nil
end

local function answer(line)
  if line == "get" then return look(store.add(KEY, 0)) end
  local command, digits = line:match("^(%a+) (%S+)$")
  local value = digits and number(digits)
  if value and command == "add" then return look(store.add(KEY, value)) end
  if not value or command ~= "set" then return "what?" end
  if seen and store.compare_and_set(KEY, tostring(seen), tostring(value)) then
    seen = value
    return "ok"
  end
  return "changed " .. look(store.add(KEY, 0))
end

function receive(chunk)
  local replies = {}
  for line in lines:feed(chunk) do replies[#replies + 1] = answer(line) .. "\n" end
  return table.concat(replies)
end
