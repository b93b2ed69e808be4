-- ARGV: the key is the prefix; the last key of the page before, or nothing; how many, and of how many bytes, about.
if not look() then return 'again' end
local from, limit, most = '[' .. key, tonumber(ARGV[6]), tonumber(ARGV[7])
if ARGV[5] ~= '' and ARGV[5] >= key then from = '(' .. ARGV[5] end
local page, over, last, seen, length, is_full = {}, {}, '', 0, 0, false
for _, name in ipairs(redis.call('ZRANGEBYLEX', index, from, '+', 'LIMIT', 0, limit)) do
  if string.sub(name, 1, #key) ~= key then break end
  seen, last, length = seen + 1, name, length + #name
  table.insert(is_over(redis.call('ZSCORE', expires, name)) and over or page, name)
  if length >= most or #over == REMOVED then
    is_full = true
    break
  end
end
-- What is over takes a place too, so that a page is bounded work. It is removed: somebody may look who sets nothing.
for _, name in ipairs(over) do remove(name) end
if #over > 0 then save() end
table.insert(page, 1, (is_full or seen == limit) and last or '')
return page
