-- ARGV: what to add, as text: a number of Lua has 53 bits. So has the answer the sum.
if not look() then return 'again' end
expire()
local old = redis.call('HGET', values, key)
local sum = redis.pcall('HINCRBY', values, key, ARGV[5])
if type(sum) == 'table' and sum.err then
  save()
  if string.find(sum.err, 'not an integer') or string.find(sum.err, 'overflow') then return 'not-a-number' end
  return sum
end
local text = redis.call('HGET', values, key)
-- As it was, so that it is put in within the bounds.
if old then redis.call('HSET', values, key, old) else redis.call('HDEL', values, key) end
return save(set(key, text, redis.call('ZSCORE', expires, key)) or text)
