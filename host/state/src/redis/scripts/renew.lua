-- Renews the host's lease, and marks hosts whose leases have ended as dead: `remove_dead` removes their members. One that
-- comes back meanwhile is dead no more. ARGV: how long a lease is, in milliseconds (0 gives it up); the number of this
-- renewal, which the host hears over its own channel; of how many hosts the members are counted, and how many are marked
-- at most. Whether the host had a lease, and whether any are dead.
local lease, counted, marked = tonumber(ARGV[3]), tonumber(ARGV[5]), tonumber(ARGV[6])
local all, ended = redis.call('ZCARD', hosts), redis.call('ZCOUNT', hosts, '-inf', now)
-- Removed first: Redis that has no memory left allows that, and then all else of the script.
local had = redis.call('ZREM', hosts, host)
redis.call('SREM', base .. 'dead', host)
if lease > 0 then
  redis.call('ZADD', hosts, now + lease, host)
  redis.call('PUBLISH', host_key(host), 'renewed ' .. ARGV[4])
else
  redis.call('HDEL', base .. 'connections', host)
  if redis.call('EXISTS', host_key(host)) == 1 then redis.call('SADD', base .. 'dead', host) end
end
if ended > 0 and ended == all then
  -- Nobody could renew, as Redis was away: all have another lease to come back in.
  if lease > 0 then redis.call('SET', base .. 'grace', '1', 'PX', lease) end
elseif redis.call('EXISTS', base .. 'grace') == 0 then
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', hosts, '-inf', now, 'LIMIT', 0, marked)) do
    redis.call('SADD', base .. 'dead', other)
    redis.call('ZREM', hosts, other)
  end
end
-- Now and then all members are counted anew: somebody may have deleted a key.
if lease > 0 and redis.call('SET', base .. 'counted', '1', 'NX', 'PX', lease) then
  if redis.call('ZCARD', hosts) + redis.call('SCARD', base .. 'dead') <= counted then
    local members = 0
    for _, set in ipairs({ redis.call('ZRANGE', hosts, 0, -1), redis.call('SMEMBERS', base .. 'dead') }) do
      for _, name in ipairs(set) do members = members + (try('SCARD', host_key(name)) or 0) end
    end
    redis.call('HSET', used, 'members', members)
  end
end
return { had, redis.call('EXISTS', base .. 'dead') }
