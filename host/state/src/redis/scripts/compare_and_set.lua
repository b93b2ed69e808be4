-- ARGV: whether a value is expected, which; whether there is a new one, which.
expire()
local has = get(key)
local expected = ARGV[5] == '1' and ARGV[6] or false
if has ~= expected then return 'no' end
if ARGV[7] == '1' then return set(key, ARGV[8], nil) or 'yes' end
remove(key)
return 'yes'
