-- Chat: the first line is the name, and the others go to everybody else in the room.

local lines = Lines()
local name

function open()
  return "name?\n"
end

local function is_name(line)
  return #line <= 16 and line:find("^[A-Za-z0-9]+$") ~= nil
end

-- Who is there already.
local function welcome(others)
  local names = {}
  for _, member in ipairs(others) do names[#names + 1] = member.label end
  table.sort(names)
  if #names == 0 then return "* nobody is here\n" end
  return "* here: " .. table.concat(names, ", ") .. "\n"
end

function receive(chunk)
  for line in lines:feed(chunk) do
    if name then
      publish("room", line)
    elseif is_name(line) then
      name = line
      send(welcome(subscribe("room", name)))
    else
      return "bad name\n", "close"
    end
  end
end

function message(topic, data, from)
  return "<" .. from.label .. "> " .. data .. "\n"
end

function joined(topic, member)
  return "* " .. member.label .. " comes\n"
end

function left(topic, member)
  return "* " .. member.label .. " goes\n"
end
