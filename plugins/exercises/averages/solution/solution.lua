-- Averages: stores the readings of a weather station, and answers with the mean over a span of time.

local SIZE = 9 -- Of every message: a type and two integers.

-- Every connection runs this file afresh, so these are one station's own: the readings, in the order in
-- which they came, and the message whose end hasn't come yet, 8 bytes at most.
local times, values = {}, {}
local rest = ""

-- The mean of the readings from one time to another, both included.
local function mean(from, to)
  local sum, count = 0, 0
  for i, time in ipairs(times) do
    if from <= time and time <= to then
      sum = sum + values[i]
      count = count + 1
    end
  end
  return count == 0 and 0 or sum // count
end

function receive(chunk)
  local bytes = rest .. chunk
  local means = {}
  local at = 1
  while at + SIZE - 1 <= #bytes do
    local kind, first, second = string.unpack(">c1i4i4", bytes, at)
    if kind == "R" then
      times[#times + 1], values[#values + 1] = first, second
    elseif kind == "M" then
      means[#means + 1] = string.pack(">i4", mean(first, second))
    else
      return table.concat(means), "close"
    end
    at = at + SIZE
  end
  rest = bytes:sub(at)
  return table.concat(means)
end
