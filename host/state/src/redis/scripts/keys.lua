-- ARGV: the key is the prefix; the last key of the page before, or nothing; how many.
local from, limit = '[' .. key, tonumber(ARGV[6])
if ARGV[5] ~= '' and ARGV[5] >= key then from = '(' .. ARGV[5] end
local page, last, seen = {}, '', 0
for _, name in ipairs(redis.call('ZRANGEBYLEX', index, from, '+', 'LIMIT', 0, limit)) do
  if string.sub(name, 1, #key) ~= key then break end
  seen, last = seen + 1, name
  local ends = redis.call('ZSCORE', expires, name)
  if not ends or tonumber(ends) > now then table.insert(page, name) end
end
-- What is over takes a place too, so that a page is bounded work.
table.insert(page, 1, seen == limit and last or '')
return page
