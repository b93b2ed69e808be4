-- lines: numbers the lines that the peer sends, and says goodbye with their number.
--
-- Every connection runs this file afresh, so a variable out here belongs to one connection only.

-- Makes lines of chunks, and keeps the one whose end hasn't come yet.
local lines = Lines()
-- The lines answered so far.
local count = 0

-- Answers each line that the iterator gives.
local function answers(each)
  local replies = {}
  for line in each do
    count = count + 1
    replies[#replies + 1] = count .. ": " .. line .. "\n"
  end
  return table.concat(replies)
end

-- Called once, before anything has come. What it returns is the greeting.
function open(connection)
  return "ready\n"
end

-- Called with each chunk, which may end anywhere in a line.
function receive(chunk)
  return answers(lines:feed(chunk))
end

-- Called when the peer has finished sending. It still reads. The last line may have no newline.
function end_of_input()
  return answers(lines:flush()) .. "goodbye after " .. count .. " lines\n"
end

-- Called last, whatever the end was. Nothing can be sent any more, but the log is still there.
function closed(why)
  print("closed: " .. why)
end
