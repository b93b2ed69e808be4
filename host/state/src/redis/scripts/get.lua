-- ARGV: how long a value is handed out. Of a longer one the length, alone in a list.
local length = redis.call('HSTRLEN', values, key)
if length > tonumber(ARGV[5]) and not is_over(redis.call('ZSCORE', expires, key)) then return { length } end
return get(key)
