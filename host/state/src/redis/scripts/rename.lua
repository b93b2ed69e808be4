-- ARGV: the topic, the id, the label.
if redis.call('HEXISTS', topic_key(ARGV[3]), ARGV[4]) == 0 then return 'gone' end
redis.call('HSET', topic_key(ARGV[3]), ARGV[4], ARGV[5])
return members(ARGV[3])
