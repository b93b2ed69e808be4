-- Line reversal: each line comes back with its bytes in reverse order.

-- Every connection runs this file afresh, so this is one client's own: the line whose end hasn't come yet,
-- in the pieces in which it came. They are joined once, when the line is complete: gluing each piece to the
-- ones before would copy a long line again and again.
local pieces = {}

-- Lines end anywhere in the chunk, and what follows the last newline is kept. There is no end_of_input: a
-- line that isn't finished by then is never answered.
function receive(chunk)
  local replies = {}
  local start = 1
  while true do
    local newline = chunk:find("\n", start, true)
    if not newline then break end
    pieces[#pieces + 1] = chunk:sub(start, newline - 1)
    replies[#replies + 1] = table.concat(pieces):reverse() .. "\n"
    pieces = {}
    start = newline + 1
  end
  if start <= #chunk then pieces[#pieces + 1] = chunk:sub(start) end
  return table.concat(replies)
end
