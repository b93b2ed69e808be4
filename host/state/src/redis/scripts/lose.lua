-- A message may be lost. ARGV: the topic.
if try('HEXISTS', topic_key(ARGV[3]), '#') == 1 then tell(ARGV[3], 'x', '', '', '') end
return 'ok'
