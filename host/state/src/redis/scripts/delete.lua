expire()
return remove(key) and 1 or 0
