-- ARGV: the topic, the id, the label, whether the host wants a list, and how many memberships there may be.
local topic, id = ARGV[3], ARGV[4]
-- A member of a host that has no lease would never be removed.
if not redis.call('ZSCORE', hosts, host) then return 'gone' end
local others = members(topic)
if ARGV[6] == '1' then tell_list(topic) end
return enter(topic, id, ARGV[5], tonumber(ARGV[7])) or others
