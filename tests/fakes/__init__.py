"""A cloud in memory, with the interface of glance_sync.glance.Cloud and the behaviour that was measured on real Glance.

    master = FakeCloud('master')
    image = offer(master, b'bits', visibility='public')
    joe = master.view(master.add_project('tenant-a'), role='member')
    master.faults.fail_next('upload', Unreachable('down'))

tests/contract holds it to what the real one does.
"""

from .cloud import FakeCloud
from .database import FakeDatabase
from .offer import offer

__all__ = ['FakeCloud', 'FakeDatabase', 'offer']
