-- Before each script of topics. KEYS: the hosts by when their leases end, in milliseconds since 1970 (a sorted set),
-- and what all take (a hash). ARGV: what keys and channels begin with; the host's name, a line break and the number of
-- its connection.
--
-- A topic is a hash: the label of each member, and under `#` the number of its last event. Its channel has its name.
-- A host has a set of what its members are subscribed to, each of which counts as a member, and a channel of its own.
-- No script does more than a constant allows: what is longer is done in pieces.
local hosts, used = KEYS[1], KEYS[2]
local base = ARGV[1]
local host, connection = string.match(ARGV[2], '^(.-)\n(%d+)$')
connection = tonumber(connection)
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- What a host asked for over a connection that it has given up may come late: it is not done any more.
local newest = tonumber(redis.call('HGET', base .. 'connections', host) or '0')
if connection < newest then return 'gone' end
if connection > newest then
  -- Removed first: Redis that has no memory left allows that, and then all else of the script.
  redis.call('HDEL', base .. 'connections', host)
  redis.call('HSET', base .. 'connections', host, connection)
end

local function topic_key(topic) return base .. 'topic:' .. topic end
local function host_key(name) return base .. 'host:' .. name end

-- Calls Redis. A key of another type has nothing of ours, and stops nothing.
local function try(...)
  local answer = redis.pcall(...)
  if type(answer) == 'table' and answer.err then
    if string.find(answer.err, 'WRONGTYPE', 1, true) then return false end
    return redis.call(...)
  end
  return answer
end

-- Tells all hosts that are subscribed: the number, the kind, who, with which label, and what.
local function tell(topic, kind, id, label, data)
  local number = redis.call('HINCRBY', topic_key(topic), '#', 1)
  local head = string.format('%.0f %s %d %d ', number, kind, #id, #label)
  redis.call('PUBLISH', topic_key(topic), head .. id .. label .. data)
end

-- First of all it is taken off the host's set: Redis that has no memory left allows that, and then all else.
local function leave(topic, id, of)
  if try('SREM', host_key(of), id .. '\n' .. topic) == 1 then try('HINCRBY', used, 'members', -1) end
  local label = try('HGET', topic_key(topic), id)
  if not label then return end
  redis.call('HDEL', topic_key(topic), id)
  if redis.call('HLEN', topic_key(topic)) == 1 then
    redis.call('DEL', topic_key(topic))
  else
    tell(topic, 'l', id, label, '')
  end
end

-- Adds a member of this host, and tells all; with its ticket, if it has one. Nothing, or which limit is reached.
local function enter(topic, id, label, ticket, most)
  local old = redis.call('HGET', topic_key(topic), id)
  if not old and tonumber(redis.call('HGET', used, 'members') or '0') >= most then return 'members' end
  if redis.call('SADD', host_key(host), id .. '\n' .. topic) == 1 then redis.call('HINCRBY', used, 'members', 1) end
  if not old and redis.call('EXISTS', topic_key(topic)) == 0 then
    -- No topic that is made anew has the numbers of one that was there before.
    redis.call('HSET', topic_key(topic), '#', string.format('%.0f', clock[1] * 1000000 + clock[2]))
  end
  redis.call('HSET', topic_key(topic), id, label)
  if not old then
    tell(topic, 'j', id, label, ticket)
  elseif old ~= label or ticket ~= '' then
    tell(topic, 'n', id, label, ticket)
  end
  return nil
end
