-- Frames: each frame is answered by one with the same bytes in reverse order.

local LENGTH = 2 -- The bytes of the length, in front of every frame.

-- Every connection runs this file afresh, so these are one client's own: the pieces of the frame that is on
-- its way, its length included; how many bytes they have; and how many they need. As long as the length
-- isn't known, that is the length alone.
local pieces, filled, needed = {}, 0, LENGTH

-- Called with each chunk, which may be a part of a frame, even of its length, or several frames.
function receive(chunk)
  local replies = {}
  local start = 1
  while start <= #chunk do
    -- Never takes more than the frame still lacks: what follows belongs to the next one.
    local piece = chunk:sub(start, start + needed - filled - 1)
    pieces[#pieces + 1] = piece
    filled = filled + #piece
    start = start + #piece
    if filled == LENGTH then
      pieces = { table.concat(pieces) }
      needed = LENGTH + string.unpack(">I2", pieces[1])
    end
    -- A frame without bytes is complete as soon as its length is.
    if filled == needed then
      local bytes = table.concat(pieces):sub(LENGTH + 1)
      replies[#replies + 1] = string.pack(">s2", bytes:reverse())
      pieces, filled, needed = {}, 0, LENGTH
    end
  end
  return table.concat(replies)
end
