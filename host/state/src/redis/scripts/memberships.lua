-- What members of this host are subscribed to. ARGV: where to go on, and how many, about. Where to go on then, and id,
-- line break, topic of each.
return try('SSCAN', host_key(host), ARGV[3], 'COUNT', ARGV[4]) or { '0', {} }
