-- Members of the host that may have been removed. ARGV: how many memberships there may be; topic, id, label, ticket or
-- nothing, topic ... Whether all are in.
if not redis.call('ZSCORE', hosts, host) then return 0 end
local all = 1
for at = 4, #ARGV, 4 do
  local kind = redis.call('TYPE', topic_key(ARGV[at])).ok
  if kind ~= 'hash' and kind ~= 'none' then
    all = 0
  elseif enter(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[3])) then
    all = 0
  end
end
return all
