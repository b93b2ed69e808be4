//! The plugins of the attacks. Each gives back what it doesn't know, as the neighbour needs it.

/// At `!` publishes without end.
pub(crate) const PUBLISHES: &str = r#"
local big = string.rep("x", 60000)
function receive(chunk)
  if chunk == "!" then while true do pcall(publish, "t", big) end end
  return chunk
end
"#;

/// At `hear N` is subscribed to a topic of its own and loops; at `fill N` says 1,000 messages to it.
pub(crate) const WAITS: &str = r#"
local function topic(number) return number .. string.rep("t", 250 - #number) end
function receive(chunk)
  local what, number = chunk:match("^(%a+) (%d+)$")
  if what == "hear" then
    subscribe(topic(number), string.rep("l", 250))
    while true do end
  end
  if what == "fill" then
    for _ = 1, 1000 do pcall(publish, topic(number), "x") end
    return "."
  end
  return chunk
end
function message() end
"#;

/// At `join` is subscribed, at `say` says a thousand messages, each of which is given to who hears it.
pub(crate) const HEARS: &str = r#"
function receive(chunk)
  if chunk == "join" then
    subscribe("t", "")
    return "."
  end
  if chunk == "say" then
    for _ = 1, 1000 do pcall(publish, "t", "x") end
    return
  end
  return chunk
end
function message(topic, data) return data end
"#;

/// At `join` is subscribed.
pub(crate) const JOINS: &str = r#"
function receive(chunk)
  if chunk == "join" then
    subscribe("t", "")
    return "."
  end
  return chunk
end
function message() end
"#;

/// The same, where all are told who comes and goes.
pub(crate) const JOINS_AND_IS_TOLD: &str = r#"
function receive(chunk)
  if chunk == "join" then
    subscribe("t", "")
    return "."
  end
  return chunk
end
function message() end
function joined() end
function left() end
"#;

/// At `join STEPS` is subscribed and works so much for each message, at `say` says ten; at `loop` it loops.
pub(crate) const WORKS_FOR_MESSAGES: &str = r#"
local steps = 0
local function work(steps) for _ = 1, steps do end end
function receive(chunk)
  -- Where it comes late, several come at once.
  local _, says = chunk:gsub("say", "")
  if says > 0 then
    for _ = 1, 10 * says do pcall(publish, "t", "x") end
    return
  end
  local what, number = chunk:match("^(%a+) ?(%d*)$")
  if what == "work" then
    work(tonumber(number))
    return "."
  end
  if what == "join" then
    steps = tonumber(number)
    subscribe("t", "")
    return "."
  end
  if what == "loop" then while true do end end
  return chunk
end
function message() work(steps) end
"#;

/// At `work STEPS` works so much, at `every MILLISECONDS STEPS` does it again and again.
pub(crate) const WORKS: &str = r#"
local function work(steps) for _ = 1, steps do end end
function receive(chunk)
  local steps = chunk:match("^work (%d+)$")
  if steps then
    work(tonumber(steps))
    return "."
  end
  local often, steps = chunk:match("^every (%d+) (%d+)$")
  if often then
    steps = tonumber(steps)
    every(tonumber(often) / 1000, function()
      work(steps)
      return "."
    end)
    return
  end
  return chunk
end
"#;

/// At `loop N` sets and gets a large value without end, at `count` says how often; `get` gets a small one.
pub(crate) const STORES: &str = r#"
local large = string.rep("x", 1000000)
function receive(chunk)
  local number = chunk:match("^loop (%d+)$")
  while number do
    store.set(number, large)
    store.get(number)
    store.add("count", 1)
  end
  if chunk == "count" then return ("%020d"):format(store.get("count") or "0") end
  if chunk == "get" then store.get("small") end
  return chunk
end
"#;

/// At `join TOPICS N` is subscribed to so many topics; `set` sets a large value, `large` tells whether it could be got,
/// `get` gets a small one.
pub(crate) const ON_REDIS: &str = r#"
function receive(chunk)
  local topics, number = chunk:match("^join (%d+) (%d+)$")
  if topics then
    for topic = 1, tonumber(topics) do subscribe(number .. "-" .. topic, "") end
    return "."
  end
  if chunk == "set" then
    store.set("large", string.rep("x", 1000000))
    return "."
  end
  if chunk == "large" then
    return pcall(store.get, "large") and "." or "!"
  end
  if chunk == "get" then pcall(store.get, "small") end
  return chunk
end
"#;
