-- ARGV: the value, and its time to live in milliseconds or nothing.
expire()
local ends = nil
if ARGV[6] ~= '' then ends = now + tonumber(ARGV[6]) end
return set(key, ARGV[5], ends) or 'ok'
