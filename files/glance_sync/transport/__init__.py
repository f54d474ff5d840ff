"""The edge to other programs: rsync over ssh on the slave, rsync's sender on the master."""

from .client import Transport
from .sender import serve

__all__ = ['Transport', 'serve']
