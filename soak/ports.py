"""A port that stays one's own while nobody listens there."""

import socket


def hold_port() -> socket.socket:
    """Bind a free port of loopback: while this socket lives nobody else is given it, and who connects is refused."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held
