-- Renews the host's lease, and removes the members of hosts whose leases have ended. ARGV: how long a lease is, in
-- milliseconds; 0 gives it up. Whether the host had one.
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', hosts, '-inf', now)) do
  for _, membership in ipairs(redis.call('SMEMBERS', host_key(dead))) do
    local at = string.find(membership, '\n', 1, true)
    leave(string.sub(membership, at + 1), string.sub(membership, 1, at - 1), dead)
  end
  redis.call('DEL', host_key(dead))
  redis.call('ZREM', hosts, dead)
end
local had = redis.call('ZSCORE', hosts, host) and 1 or 0
local lease = tonumber(ARGV[3])
if lease > 0 then redis.call('ZADD', hosts, now + lease, host) else redis.call('ZREM', hosts, host) end
return had
