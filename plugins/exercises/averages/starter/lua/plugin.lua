-- Averages: the README has the format of the messages. This file runs afresh for every weather station, so
-- a variable up here belongs to one connection: a good place for its readings.

-- Called with the bytes that have just arrived, a string: a whole message, or five bytes of one, or the
-- last byte of one and two more. Keep what is no complete message yet in a variable above, and return the
-- means that were asked for: a string with 4 bytes for each. At a message of an unknown type:
--   return means, "close"
function receive(chunk)
  -- print((chunk:gsub(".", function(c) return ("%02x "):format(c:byte()) end))) shows them in eco's log.

  -- Begin here. string.unpack reads integers out of bytes, and string.pack writes them. In their formats
  -- ">" is big-endian, "c1" one byte, and "i4" a signed integer of 4 bytes.
end
