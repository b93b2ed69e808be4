-- ARGV: the topic, the id, the label, the data.
if redis.call('EXISTS', topic_key(ARGV[3])) == 1 then tell(ARGV[3], 'm', ARGV[4], ARGV[5], ARGV[6]) end
return 'ok'
