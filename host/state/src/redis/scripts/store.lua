-- Before each script of the store. KEYS: the values (a hash), when they expire in milliseconds since 1970 (a sorted
-- set), the keys in their order (a sorted set), and what all take (a hash). ARGV: what an entry counts for, the bytes
-- and keys that there may be, and the key.
local values, expires, index, used = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local entry, most_bytes, most_keys = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local key = ARGV[4]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function size(name, length, ends)
  return #name + length + entry * (ends and 2 or 1)
end

local function remove(name)
  if redis.call('HEXISTS', values, name) == 0 then return false end
  local ends = redis.call('ZSCORE', expires, name)
  redis.call('HINCRBY', used, 'bytes', -size(name, redis.call('HSTRLEN', values, name), ends))
  redis.call('HDEL', values, name)
  redis.call('ZREM', index, name)
  if ends then redis.call('ZREM', expires, name) end
  return not ends or tonumber(ends) > now
end

local function expire()
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', expires, '-inf', now, 'LIMIT', 0, 1000)) do
    remove(name)
  end
end

local function get(name)
  local ends = redis.call('ZSCORE', expires, name)
  if ends and tonumber(ends) <= now then return false end
  return redis.call('HGET', values, name)
end

-- Nothing, or which limit is reached.
local function set(name, value, ends)
  local old = 0
  local is_there = redis.call('HEXISTS', values, name) == 1
  if is_there then
    old = size(name, redis.call('HSTRLEN', values, name), redis.call('ZSCORE', expires, name))
  end
  local bytes = tonumber(redis.call('HGET', used, 'bytes') or '0')
  if bytes - old + size(name, #value, ends) > most_bytes then return 'store-size' end
  if not is_there and redis.call('HLEN', values) >= most_keys then return 'store-keys' end
  redis.call('HINCRBY', used, 'bytes', size(name, #value, ends) - old)
  redis.call('HSET', values, name, value)
  redis.call('ZADD', index, 0, name)
  if ends then redis.call('ZADD', expires, ends, name) else redis.call('ZREM', expires, name) end
  return nil
end
