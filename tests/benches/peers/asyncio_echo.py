"""Python's asyncio at its best for echo: a Protocol, without streams or tasks.

Usage: python3 asyncio_echo.py PORT
"""

import asyncio
import sys


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        # asyncio has set TCP_NODELAY already.
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    # A client that doesn't read must not fill the memory: stop reading from it until it does.
    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def main(port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))
