"""Arrived: the table of what arrived, one row per image, made from what both Glances say and from their bits."""

from collections import namedtuple

HEADER = ('id', 'name', 'visibility', 'owner@domain', 'status', 'size', 'digest')
Row = namedtuple('Row', 'id name visibility owner status size digest differs')
"""digest: equal, OTHER or MISSING, of the bits as both Glances hand them out; differs: names of all that is not equal."""

TRAVELS = ('active', 'deactivated')
ABSENT = {'name': '', 'visibility': '', 'owner': '', 'status': 'MISSING', 'size': ''}


def rows(master, slave):
    """Return a Row for each image that must travel, as it is on the slave, sorted by name.

    master, slave: what functional.offer.offer() returns of each cloud.
    """
    found = []
    for image_id, wanted in master.items():
        if wanted['status'] in TRAVELS:
            found.append(_row(image_id, wanted, slave.get(image_id)))
    return sorted(found, key=lambda row: (row.name or '', row.id))


def _row(image_id, wanted, present):
    seen = dict(ABSENT, name=wanted['name']) if present is None else present
    differs = sorted(key for key in set(wanted) | set(seen) if wanted.get(key) != seen.get(key))
    digest = 'MISSING' if 'bits' not in seen else 'equal' if seen['bits'] == wanted['bits'] else 'OTHER'
    return Row(image_id, seen['name'], seen['visibility'], seen['owner'], seen['status'], seen['size'], digest, differs)


def cells(found, width):
    """Return [(cell, ...), ...] of Rows; IDs are cut to their first group where `width` columns do not hold them."""
    return [(row.id if width >= 100 else row.id.split('-')[0],) + row[1:7] for row in found]


def problems(found):
    """Return one line for each Row that is not equal in everything."""
    return ['{} {}: not equal: {}'.format(row.id, row.name, ', '.join(row.differs)) for row in found if row.differs]


def strangers(master, slave, own):
    """Return one line for each image on the slave that neither the master has nor is the image ID `own`."""
    return ['{} {}: on the slave only, and nobody sent it'.format(image_id, slave[image_id]['name'])
            for image_id in sorted(set(slave) - set(master) - {own})]
