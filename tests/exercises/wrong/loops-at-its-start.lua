while true do end

function receive(chunk) end
