return get(key)
