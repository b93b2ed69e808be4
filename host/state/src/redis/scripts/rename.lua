-- ARGV: the topic, the id, the label, the ticket of who asks.
if redis.call('HEXISTS', topic_key(ARGV[3]), ARGV[4]) == 0 then return 'gone' end
redis.call('HSET', topic_key(ARGV[3]), ARGV[4], ARGV[5])
tell(ARGV[3], 'n', ARGV[4], ARGV[5], ARGV[6])
return 'ok'
