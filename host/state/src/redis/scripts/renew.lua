-- Renews the host's lease, and removes the members of hosts whose leases have ended. ARGV: how long a lease is, in
-- milliseconds; 0 gives it up. Whether the host had one.
local lease = tonumber(ARGV[3])
local ended = redis.call('ZRANGEBYSCORE', hosts, '-inf', now)
if #ended == redis.call('ZCARD', hosts) then
  -- Nobody could renew, as Redis was away: all have another lease to come back in.
  for _, other in ipairs(ended) do redis.call('ZADD', hosts, now + lease, other) end
else
  for _, dead in ipairs(ended) do
    if dead ~= host then
      for _, membership in ipairs(redis.call('SMEMBERS', host_key(dead))) do
        local at = string.find(membership, '\n', 1, true)
        leave(string.sub(membership, at + 1), string.sub(membership, 1, at - 1), dead)
      end
      redis.call('DEL', host_key(dead))
      redis.call('HDEL', base .. 'connections', dead)
      redis.call('ZREM', hosts, dead)
    end
  end
end
-- Removed first: Redis that has no memory left allows that, and then all else of the script.
local had = redis.call('ZREM', hosts, host)
if lease > 0 then
  redis.call('ZADD', hosts, now + lease, host)
else
  redis.call('HDEL', base .. 'connections', host)
end
return had
