-- Heartbeat: asks whether anybody is still there, and hangs up on silence.

local MOST = 60000

local lines = Lines()
local timer
-- Whether a tick waits for its tock.
local waits = false

local function tick()
  if waits then return "silence\n", "close" end
  waits = true
  send("tick\n")
end

local function pulse(period)
  if timer then cancel(timer) end
  timer, waits = nil, false
  if period > 0 then timer = every(period / 1000, tick) end
  send("ok\n")
end

-- The period, in milliseconds: a whole number without leading zeros, or nil.
local function period_of(line)
  local digits = line:match("^pulse (%d+)$")
  if not digits or digits:find("^0.") then return nil end
  local period = tonumber(digits)
  return period <= MOST and period or nil
end

function receive(chunk)
  for line in lines:feed(chunk) do
    local period = period_of(line)
    if line == "tock" then
      waits = false
    elseif period then
      pulse(period)
    else
      send("what?\n")
    end
  end
end
