-- Answers each line with one more newline.
local rest = ""

function receive(chunk)
  rest = rest .. chunk
  local lines, after = rest:match("^(.*\n)()")
  if not lines then return "" end
  rest = rest:sub(after)
  if lines:find("quit\n", 1, true) then return lines:gsub("quit\n", "") .. "\n", "close" end
  return lines .. "\n"
end
