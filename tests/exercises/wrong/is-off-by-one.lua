-- Loses the first byte of each line.
local rest = ""

function receive(chunk)
  rest = rest .. chunk
  local reply = ""
  while true do
    local line, after = rest:match("^([^\n]*\n)()")
    if not line then return reply end
    rest = rest:sub(after)
    if line == "quit\n" then return reply, "close" end
    reply = reply .. line:sub(2)
  end
end
