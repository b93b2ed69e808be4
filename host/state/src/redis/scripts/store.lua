-- Before each script of the store. KEYS: the values (a hash), when they expire in milliseconds since 1970 (a sorted
-- set), the keys in their order (a sorted set), and what all take (a hash). ARGV: what an entry counts for, the bytes
-- and keys that there may be, and the key.
--
-- What is over is not there, whether it has been removed or not. No script does more than a constant allows: one that
-- has more to do answers `again`, and is asked again.
local values, expires, index, used = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local entry, most_bytes, most_keys = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local key = ARGV[4]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Entries that a call removes beside its own, and entries that it counts, with their values.
local REMOVED, COUNTED = 100, 32

-- What the store takes: bytes, keys, and keys that have a time.
local bytes, keys, timed

local function size(name, length, ends)
  return #name + length + entry * (ends and 2 or 1)
end

local function is_over(ends) return ends and tonumber(ends) <= now end

local function save(answer)
  redis.call('HSET', used, 'bytes', bytes, 'keys', keys, 'timed', timed)
  return answer
end

local function remove(name)
  local ends, length = redis.call('ZSCORE', expires, name), redis.call('HSTRLEN', values, name)
  local was_there = redis.call('HDEL', values, name) == 1
  redis.call('ZREM', index, name)
  if ends then
    redis.call('ZREM', expires, name)
    timed = timed - 1
  end
  if was_there then
    keys = keys - 1
    bytes = bytes - size(name, length, ends)
  end
  return was_there
end

-- Counts some of what there is: somebody may have deleted a key of Redis, this count or what it counts. Whether all is
-- counted.
local function count(cursor)
  -- Removed first: Redis that has no memory left allows that, and then all else of the script.
  redis.call('HDEL', used, 'cursor')
  if not cursor then
    bytes, keys, cursor = 0, 0, '0'
    redis.call('UNLINK', index)
  end
  local piece = redis.call('HSCAN', values, cursor, 'COUNT', COUNTED)
  for at = 1, #piece[2], 2 do
    local name = piece[2][at]
    if redis.call('ZADD', index, 0, name) == 1 then
      keys = keys + 1
      bytes = bytes + size(name, #piece[2][at + 1], redis.call('ZSCORE', expires, name))
    end
  end
  if piece[1] == '0' then
    timed = redis.call('ZCARD', expires)
    return true
  end
  redis.call('HSET', used, 'cursor', piece[1])
  return false
end

-- Looks at what the store takes. Whether it is known.
local function look()
  local all = redis.call('HMGET', used, 'bytes', 'keys', 'timed', 'cursor')
  bytes, keys, timed = tonumber(all[1] or '') or 0, tonumber(all[2] or '') or 0, tonumber(all[3] or '') or 0
  local is_right = keys == redis.call('HLEN', values) and keys == redis.call('ZCARD', index)
  if is_right and timed == redis.call('ZCARD', expires) and not all[4] then return true end
  local done = count(all[4])
  save()
  return done
end

-- Removes the key if it is over, and some others that are.
local function expire()
  local over = redis.call('ZRANGEBYSCORE', expires, '-inf', now, 'LIMIT', 0, REMOVED)
  if #over == 0 then return end
  if is_over(redis.call('ZSCORE', expires, key)) then remove(key) end
  for _, name in ipairs(over) do remove(name) end
end

local function get(name)
  if is_over(redis.call('ZSCORE', expires, name)) then return false end
  return redis.call('HGET', values, name)
end

-- Nothing, or which limit is reached.
local function set(name, value, ends)
  local had = redis.call('ZSCORE', expires, name)
  local is_there = redis.call('HEXISTS', values, name) == 1
  local old = is_there and size(name, redis.call('HSTRLEN', values, name), had) or 0
  local new = size(name, #value, ends)
  local limit = nil
  if bytes - old + new > most_bytes then
    limit = 'store-size'
  elseif not is_there and keys >= most_keys then
    limit = 'store-keys'
  end
  if limit then
    -- What is over takes no room, as soon as it is removed.
    return redis.call('ZCOUNT', expires, '-inf', now) > 0 and 'again' or limit
  end
  redis.call('HSET', values, name, value)
  if not is_there then redis.call('ZADD', index, 0, name) end
  if ends then redis.call('ZADD', expires, ends, name) elseif had then redis.call('ZREM', expires, name) end
  bytes = bytes - old + new
  if not is_there then keys = keys + 1 end
  timed = timed + (ends and 1 or 0) - (had and 1 or 0)
  return nil
end
