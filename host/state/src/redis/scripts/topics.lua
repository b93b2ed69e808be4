-- Before each script of topics. KEYS: the hosts by when their leases end, in milliseconds since 1970 (a sorted set),
-- and what all take (a hash). ARGV: what keys and channels begin with; the host's name, a line break and the number of
-- its connection.
--
-- A topic is a hash: the label of each member, and under `#` the number of its last event. Its channel has its name.
-- A host has a set of what its members are subscribed to, and a channel of its own for lists.
local hosts, used = KEYS[1], KEYS[2]
local base = ARGV[1]
local host, connection = string.match(ARGV[2], '^(.-)\n(%d+)$')
connection = tonumber(connection)
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- What a host asked for over a connection that it has given up may come late: it is not done any more.
local newest = tonumber(redis.call('HGET', base .. 'connections', host) or '0')
if connection < newest then return 'gone' end
if connection > newest then redis.call('HSET', base .. 'connections', host, connection) end

local function topic_key(topic) return base .. 'topic:' .. topic end
local function host_key(name) return base .. 'host:' .. name end

-- Tells all hosts that are subscribed: the number, the kind, who, with which label, and what.
local function tell(topic, kind, id, label, data)
  local number = redis.call('HINCRBY', topic_key(topic), '#', 1)
  local head = string.format('%.0f %s %d %d ', number, kind, #id, #label)
  redis.call('PUBLISH', topic_key(topic), head .. id .. label .. data)
end

-- The members of a topic: id, label, id, label ...
local function members(topic)
  local list, all = {}, redis.call('HGETALL', topic_key(topic))
  for at = 1, #all, 2 do
    if all[at] ~= '#' then
      table.insert(list, all[at])
      table.insert(list, all[at + 1])
    end
  end
  return list
end

-- Tells one host who is in a topic, in order with what all are told.
local function tell_list(topic)
  local parts = {}
  local list = members(topic)
  for at = 1, #list, 2 do
    table.insert(parts, string.format('%d %d ', #list[at], #list[at + 1]) .. list[at] .. list[at + 1])
  end
  local number = redis.call('HGET', topic_key(topic), '#') or '0'
  redis.call('PUBLISH', host_key(host), string.format('%s %d ', number, #topic) .. topic .. table.concat(parts))
end

local function leave(topic, id, of)
  local label = redis.call('HGET', topic_key(topic), id)
  if not label then return end
  redis.call('HDEL', topic_key(topic), id)
  redis.call('SREM', host_key(of), id .. '\n' .. topic)
  redis.call('HINCRBY', used, 'members', -1)
  if redis.call('HLEN', topic_key(topic)) == 1 then
    redis.call('DEL', topic_key(topic))
  else
    tell(topic, 'l', id, label, '')
  end
end

-- Adds a member of this host, and tells all. Nothing, or which limit is reached.
local function enter(topic, id, label, most)
  if redis.call('HEXISTS', topic_key(topic), id) == 1 then
    redis.call('HSET', topic_key(topic), id, label)
    return nil
  end
  if redis.call('HINCRBY', used, 'members', 1) > most then
    redis.call('HINCRBY', used, 'members', -1)
    return 'members'
  end
  if redis.call('EXISTS', topic_key(topic)) == 0 then
    -- No topic that is made anew has the numbers of one that was there before.
    redis.call('HSET', topic_key(topic), '#', string.format('%.0f', clock[1] * 1000000 + clock[2]))
  end
  redis.call('HSET', topic_key(topic), id, label)
  redis.call('SADD', host_key(host), id .. '\n' .. topic)
  tell(topic, 'j', id, label, '')
  return nil
end
