-- Frames: the README has the format. This file runs afresh for every connection, so a variable up here
-- belongs to one client: a good place for a frame, or a length, that hasn't come whole.

-- Called with the bytes that have just arrived, a string: a frame, the first byte of a length, or the end
-- of one frame and three more. Return the answers to the frames that are complete now (a string, each
-- answer with its length in front), or nothing if none is.
function receive(chunk)
  -- print((chunk:gsub(".", function(c) return ("%02x "):format(c:byte()) end))) shows them in eco's log.

  -- Begin here: how many bytes have to be there before you know the length, and how many after that?
  --   string.unpack(">I2", bytes) reads a length, and string.pack(">I2", length) writes one
  --   bytes:sub(first, last), bytes:reverse()
end
