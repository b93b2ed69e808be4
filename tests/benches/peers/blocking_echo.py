"""A server as a beginners' networking course builds it: one client at a time, 16 bytes at a time.

Such a script prints every chunk. This one doesn't, as the printing would be what is measured.

Usage: python3 blocking_echo.py PORT
"""

import socket
import sys

CHUNK = 16


def echo(client):
    while True:
        chunk = client.recv(CHUNK)
        if not chunk:
            return
        client.sendall(chunk)


listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
# The bench may take the same port again, while old connections are in TIME_WAIT.
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen(1)
while True:
    client, _ = listener.accept()
    # Without it, each answer but the first would wait for an acknowledgement (Nagle's algorithm).
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with client:
        try:
            echo(client)
        except ConnectionError:
            pass  # The client was killed: the next one, please.
