-- Drops the line quit, and stays.
local rest = ""

function receive(chunk)
  rest = rest .. chunk
  local lines, after = rest:match("^(.*\n)()")
  if not lines then return "" end
  rest = rest:sub(after)
  return (lines:gsub("quit\n", ""))
end
