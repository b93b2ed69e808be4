-- upper: every letter from a to z comes back as a capital, every other byte unchanged.
--
-- A plugin can be a single function. eco calls it with each chunk that the peer sent, a string, and
-- writes what it returns back to the peer. Where a chunk begins and ends is up to the network, so
-- this looks at single bytes, never at words or lines.

function receive(chunk)
  -- A Lua string holds any bytes, and upper() leaves all that are not ASCII letters alone.
  return chunk:upper()
end
