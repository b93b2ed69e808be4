-- Upper case: a to z become A to Z, and every other byte stays. The README says why bytes are enough.

-- Called with the bytes that have just arrived, a string: a line, a word and a half, or half a letter.
-- Return as many bytes, at once: there is nothing to wait for.
function receive(chunk)
  -- print(chunk) shows them in eco's log, and print(chunk:byte(1, -1)) shows them as numbers.

  -- Begin here: which numbers are a and z, and how far is it from a to A? This calls a function of yours
  -- for every character in a set, and puts what it returns in its place. Mind the outer parentheses: gsub
  -- returns a second value, and eco would take it for the word that says what comes next.
  --   return (chunk:gsub("[...]", function(letter) ... end))
end
