-- Removes some members of a host that is dead. ARGV: how many at most. Whether there may be more.
local dead = redis.call('SRANDMEMBER', base .. 'dead')
if not dead then return 0 end
local some = try('SRANDMEMBER', host_key(dead), ARGV[3]) or {}
for _, membership in ipairs(some) do
  local at = string.find(membership, '\n', 1, true)
  if at then
    leave(string.sub(membership, at + 1), string.sub(membership, 1, at - 1), dead)
  else
    redis.call('SREM', host_key(dead), membership)
  end
end
if #some == 0 then
  redis.call('UNLINK', host_key(dead))
  redis.call('HDEL', base .. 'connections', dead)
  redis.call('SREM', base .. 'dead', dead)
end
return 1
