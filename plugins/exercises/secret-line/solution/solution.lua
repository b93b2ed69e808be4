-- Secret line: the client names a cipher, and from then on orders and answers go through it.

local NEWLINE = 10
local END = 0x00

-- Each byte with its bits in reverse order: the first becomes the last.
local MIRRORED = {}
for byte = 0, 255 do
  local mirrored = 0
  for bit = 0, 7 do
    if byte & (1 << bit) ~= 0 then mirrored = mirrored | (0x80 >> bit) end
  end
  MIRRORED[byte] = mirrored
end

-- The operations by their codes. `apply` and `undo` get a byte, its position in the stream (0 to 255) and the
-- operand, if there is one. They may return any integer: its lowest 8 bits are what counts.
local function xor_n(byte, _, n) return byte ~ n end
local function xor_position(byte, position) return byte ~ position end
local function mirror(byte) return MIRRORED[byte] end
local OPERATIONS = {
  [0x10] = {
    operands = 1,
    apply = function(byte, _, n) return byte + n end,
    undo = function(byte, _, n) return byte - n end,
  },
  [0x11] = {
    operands = 0,
    apply = function(byte, position) return byte + position end,
    undo = function(byte, position) return byte - position end,
  },
  [0x20] = { operands = 1, apply = xor_n, undo = xor_n },
  [0x21] = { operands = 0, apply = xor_position, undo = xor_position },
  [0x30] = { operands = 0, apply = mirror, undo = mirror },
}

-- The cipher so far: { apply, undo, n } for each operation, in the client's order.
local cipher = {}
-- The operation that waits for its operand.
local unfinished
local agreed = false

-- How many bytes have gone through the cipher, in each direction.
local received, sent = 0, 0

-- The characters, in clear text, of the line whose end hasn't come yet.
local line = {}

local function encoded(byte, position)
  for _, step in ipairs(cipher) do byte = step.apply(byte, position & 255, step.n) & 255 end
  return byte
end

-- What was done last is undone first.
local function decoded(byte, position)
  for i = #cipher, 1, -1 do
    local step = cipher[i]
    byte = step.undo(byte, position & 255, step.n) & 255
  end
  return byte
end

-- Tries every byte at every position. Nearly every cipher fails at one of the first.
local function changes_nothing()
  for position = 0, 255 do
    for byte = 0, 255 do
      if encoded(byte, position) ~= byte then return false end
    end
  end
  return true
end

local function add(operation, n)
  cipher[#cipher + 1] = { apply = operation.apply, undo = operation.undo, n = n }
end

-- Takes a byte of the list of operations. False if the connection has to end.
local function negotiate(byte)
  if unfinished then
    -- An operand may be any byte: a 00 here is a zero, and not the end of the list.
    add(unfinished, byte)
    unfinished = nil
    return true
  end
  if byte == END then
    agreed = true
    return not changes_nothing()
  end
  local operation = OPERATIONS[byte]
  if not operation then return false end
  if operation.operands == 1 then unfinished = operation else add(operation) end
  return true
end

-- The item of an order of which there are most; the first of them if there are several.
local function largest(order)
  local best, most
  for item in order:gmatch("[^,]+") do
    local count = tonumber(item:match("^%d+"))
    if not most or count > most then best, most = item, count end
  end
  return best
end

-- Everything here takes one byte at a time, so it doesn't matter how the network cut them.
function receive(chunk)
  local reply = {}
  for i = 1, #chunk do
    local byte = chunk:byte(i)
    if not agreed then
      if not negotiate(byte) then return nil, "close" end
    else
      local clear = decoded(byte, received)
      received = received + 1
      if clear ~= NEWLINE then
        line[#line + 1] = string.char(clear)
      else
        local answer = largest(table.concat(line)) .. "\n"
        for j = 1, #answer do
          reply[#reply + 1] = string.char(encoded(answer:byte(j), sent))
          sent = sent + 1
        end
        line = {}
      end
    end
  end
  return table.concat(reply)
end
