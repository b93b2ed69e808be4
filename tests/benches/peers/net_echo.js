// Node's `net`. A handler of the data event that writes is no faster than `pipe`, and longer.
//
// Usage: node net_echo.js PORT

"use strict";

const net = require("node:net");

const server = net.createServer({ noDelay: true }, (socket) => {
  // A client that was killed. Without a handler the error would end the server.
  socket.on("error", () => socket.destroy());
  socket.pipe(socket);
});

server.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
