-- Waits for the end before it answers anything.
local all = ""

function receive(chunk)
  all = all .. chunk
end

function end_of_input()
  return all
end
