"""Port: a free TCP port on loopback that stays ours until the lab ends."""
import socket


class Ports:
    """Hands out port numbers. Each stays bound (but not listening) here, so that neither another lab nor an
    outgoing connection takes it; a server that sets SO_REUSEADDR, as all of ours do, can still listen on it."""

    def __init__(self):
        self.held = []

    def free(self):
        """Return a port number of 127.0.0.1 that nobody else uses."""
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(('127.0.0.1', 0))
        self.held.append(holder)
        return holder.getsockname()[1]

    def close(self):
        """Give all ports back."""
        while self.held:
            self.held.pop().close()


def listening(port):
    """True when something accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(('127.0.0.1', port)) == 0
