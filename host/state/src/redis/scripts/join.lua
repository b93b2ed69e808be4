-- ARGV: the topic, the id, the label, whether the host wants a list, and how many memberships there may be.
local topic, id, label = ARGV[3], ARGV[4], ARGV[5]
-- A member of a host that has no lease would never be removed.
if not redis.call('ZSCORE', hosts, host) then return 'gone' end
local others = members(topic)
if redis.call('HEXISTS', topic_key(topic), id) == 1 then
  redis.call('HSET', topic_key(topic), id, label)
  return others
end
if redis.call('HINCRBY', used, 'members', 1) > tonumber(ARGV[7]) then
  redis.call('HINCRBY', used, 'members', -1)
  return 'members'
end
if redis.call('EXISTS', topic_key(topic)) == 0 then
  -- No topic that is made anew has the numbers of one that was there before.
  redis.call('HSET', topic_key(topic), '#', string.format('%.0f', clock[1] * 1000000 + clock[2]))
end
if ARGV[6] == '1' then tell_list(topic) end
redis.call('HSET', topic_key(topic), id, label)
redis.call('SADD', host_key(host), id .. '\n' .. topic)
tell(topic, 'j', id, label, '')
return others
