-- Called with each chunk that arrives.
function receive(chunk)
end
