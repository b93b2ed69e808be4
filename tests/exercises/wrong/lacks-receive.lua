function recieve(chunk) return chunk end
