if not look() then return 'again' end
expire()
return save(remove(key) and 1 or 0)
