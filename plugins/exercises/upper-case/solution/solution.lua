-- Upper case: every letter from a to z comes back as a capital, every other byte unchanged.

-- Looks at single bytes, so it doesn't matter where the network cuts. Lua's own upper knows no letters but
-- those of ASCII here. The parentheses keep the string alone: gsub returns a count as well.
function receive(chunk)
  return (chunk:gsub("[a-z]", string.upper))
end
