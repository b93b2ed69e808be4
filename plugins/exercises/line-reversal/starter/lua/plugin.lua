-- Line reversal: the README has the protocol. This file runs afresh for every connection, so a variable up
-- here belongs to one client: a good place for the line whose newline hasn't come yet.

-- Called with the bytes that have just arrived, a string: "hello\n", or "hel", or "lo\nwor". Return the
-- answers to the lines that are complete now (a string), or nothing if none is.
function receive(chunk)
  -- print(chunk) shows them in eco's log.

  -- Begin here: where in the chunk is a newline, if there is one? What comes before it, what after it?
  --   chunk:find("\n", from, true), chunk:sub(first, last), line:reverse()
end
