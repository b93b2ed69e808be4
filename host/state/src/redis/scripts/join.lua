-- ARGV: the topic, the id, the label, its ticket, and how many memberships there may be.
-- A member of a host that has no lease would never be removed.
if not redis.call('ZSCORE', hosts, host) then return 'gone' end
return enter(ARGV[3], ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])) or 'ok'
