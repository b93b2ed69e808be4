-- An echo for any bytes, in chunks as they arrive.
--
-- This is an action, which sees the channels of a connection, and not a service: what a service has
-- in HAProxy 2.6, `applet:receive(n)`, `applet:receive()` and `applet:getline()`, waits for n bytes,
-- the end, or a newline, and nothing gives it what is there.

core.register_action("echo", { "tcp-req" }, function(txn)
  local input, output = txn.req, txn.res
  while true do
    -- Waits until there is something. At the end of the input it isn't a string.
    local chunk = input:data()
    if type(chunk) ~= "string" or #chunk == 0 then break end
    input:remove(0, #chunk)
    output:send(chunk)
  end
  -- No server follows, so the connection ends here.
  txn:done()
end)
