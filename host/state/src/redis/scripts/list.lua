-- ARGV: topics.
for at = 3, #ARGV do tell_list(ARGV[at]) end
return 'ok'
