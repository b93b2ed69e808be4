-- Prime time: says of each number that is asked about whether it is prime.

local json -- is below, as in the starter

local LARGEST = 2 ^ 32 -- Nothing above is prime in this protocol.

local lines = Lines()

local function is_prime(value)
  if value ~= math.floor(value) or value < 2 or value > LARGEST then return false end
  value = math.tointeger(value)
  if value % 2 == 0 then return value == 2 end
  -- A number that is a product has a factor that is no larger than its root.
  local divisor = 3
  while divisor * divisor <= value do
    if value % divisor == 0 then return false end
    divisor = divisor + 2
  end
  return true
end

-- The number in a request, or nil if the line is none.
local function value_asked_for(line)
  local request = utf8.len(line) and json(line)
  if type(request) ~= "table" or request.ask ~= "prime" then return nil end
  return type(request.value) == "number" and request.value or nil
end

function receive(chunk)
  local replies = {}
  for line in lines:feed(chunk) do
    local value = value_asked_for(line)
    if not value then
      -- The answers to the lines before this one are sent in any case.
      return table.concat(replies) .. "malformed\n", "close"
    end
    replies[#replies + 1] = ('{"ask":"prime","answer":%s}\n'):format(is_prime(value))
  end
  return table.concat(replies)
end

-- Lua has no JSON reader, so here is one. json(text) returns a table for an object or an array, a string,
-- a number, true or false, or json_null. It returns nil if the text isn't JSON.
json_null = {}

do
  local text, at -- at: where the reader is
  local value -- a function, below
  local escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

  -- Takes what matches the pattern here, or returns nil.
  local function take(pattern)
    local found, after = text:match("^(" .. pattern .. ")()", at)
    at = after or at
    return found
  end

  local function need(pattern)
    return take(pattern) or error("not JSON")
  end

  local function in_blanks(pattern)
    local found = text:match("^[ \t\r\n]*(" .. pattern .. ")", at)
    if found then need("[ \t\r\n]*" .. pattern .. "[ \t\r\n]*") end
    return found
  end

  local function quoted()
    local parts = {}
    need('"')
    while not take('"') do
      local part = take('[^"\\\0-\31]+')
      if not part then
        need("\\")
        local code = need('["\\/bfnrtu]')
        part = code == "u" and utf8.char(tonumber(need("%x%x%x%x"), 16)) or escapes[code] or code
      end
      parts[#parts + 1] = part
    end
    return table.concat(parts)
  end

  local function number()
    local start = at
    take("%-")
    if not take("0") then need("[1-9]%d*") end
    if take("%.") then need("%d+") end
    if take("[eE]") then need("[+-]?%d+") end
    return tonumber(text:sub(start, at - 1))
  end

  -- The items of an object or an array, separated by commas.
  local function items(open, close, item)
    local result = {}
    need(open)
    if in_blanks(close) then return result end
    repeat
      take("[ \t\r\n]*")
      item(result)
    until not in_blanks(",")
    need("[ \t\r\n]*" .. close)
    return result
  end

  function value()
    local first = text:sub(at, at)
    if first == '"' then return quoted() end
    if first == "{" then
      return items("{", "}", function(result)
        local name = quoted()
        if not in_blanks(":") then error("not JSON") end
        result[name] = value()
      end)
    end
    if first == "[" then
      return items("%[", "%]", function(result) result[#result + 1] = value() end)
    end
    if take("true") then return true end
    if take("false") then return false end
    if take("null") then return json_null end
    return number()
  end

  function json(line)
    text, at = line, 1
    local good, result = pcall(function()
      take("[ \t\r\n]*")
      local whole = value()
      take("[ \t\r\n]*")
      if at <= #text then error("not JSON") end
      return whole
    end)
    if good then return result end
  end
end
