-- ARGV: the value, and its time to live in milliseconds or nothing.
if not look() then return 'again' end
expire()
local ends = nil
if ARGV[6] ~= '' then ends = now + tonumber(ARGV[6]) end
return save(set(key, ARGV[5], ends) or 'ok')
