-- Secret line: the README has the operations and the form of the orders. This file runs afresh for every
-- camp, so a variable up here belongs to one connection. You'll want a few: the operations so far, how many
-- bytes have come since the list and how many were sent, and the line that isn't complete yet.

-- To begin with, make these two work for a cipher of a single xor. Position is where in its direction of
-- the stream the byte is.
local function encode(byte, position)
  return byte
end

local function decode(byte, position)
  return byte
end

-- Called with the bytes that have just arrived, a string. They may be a part of the list of operations, the
-- list and the first encoded bytes, or encoded bytes alone. Return encoded bytes (a string), nothing, or for
-- a cipher that isn't accepted:
--   return nil, "close"
function receive(chunk)
  for i = 1, #chunk do
    local byte = chunk:byte(i)
    -- print(("%02x"):format(byte)) shows it in eco's log.

    -- Begin here: is the list complete? If it isn't, is this byte an operation, an operand or the end?
  end
end
