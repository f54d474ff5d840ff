"""glance-sync: keeps the images of OpenStack clouds identical.

The rings, the words and the order of writes are on one page: ../README.md.
"""

__version__ = '0.1.0'
