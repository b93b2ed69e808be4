-- As if clients shared something: all but the first get what the first one has left.
local rest = ""

function open(connection)
  if connection.id > 1 then rest = "se" end
end

function receive(chunk)
  rest = rest .. chunk
  local lines, after = rest:match("^(.*\n)()")
  if not lines then return "" end
  rest = rest:sub(after)
  local before = lines:match("^(.-)quit\n")
  if before then return before, "close" end
  return lines
end
