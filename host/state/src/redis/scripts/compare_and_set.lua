-- ARGV: whether a value is expected, which; whether there is a new one, which.
if not look() then return 'again' end
expire()
local expected = ARGV[5] == '1' and ARGV[6] or false
if get(key) ~= expected then return save('no') end
if ARGV[7] == '1' then return save(set(key, ARGV[8], nil) or 'yes') end
remove(key)
return save('yes')
