"""The ledger: IDs that this Glance once had and cannot take again, and since when images are missing on the master."""

from collections import namedtuple

from .errors import Corrupt
from .records import is_id
from .text import shown

FIRST_WAIT = 3600           # seconds; an ID is tried again after 1 h, 2 h, 4 h ... 24 h
LONGEST_WAIT = 24 * 3600
LATEST = 2 ** 40            # UTC seconds; no clock shows more

Burned = namedtuple('Burned', 'since tried wait')
Ledger = namedtuple('Ledger', 'burned missing')
"""burned: {image ID: Burned}; missing: {image ID: UTC seconds of the first run that missed it}."""

EMPTY = Ledger({}, {})


def to_json(ledger):
    """Return a Ledger as a dict for JSON."""
    return {'burned': {key: dict(one._asdict()) for key, one in ledger.burned.items()}, 'missing': dict(ledger.missing)}


def from_json(data):
    """Return the Ledger in `data`. Raises Corrupt on anything that `to_json` does not write."""
    try:
        burned = {key: Burned(_seconds(one['since']), _seconds(one['tried']), _seconds(one['wait'])) for key, one in data['burned'].items()}
        missing = {key: _seconds(since) for key, since in data['missing'].items()}
        if not all(is_id(key) for key in list(burned) + list(missing)):
            raise ValueError('an ID that is no UUID')
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Corrupt('the ledger does not parse ({})'.format(shown(error)), 'delete .ledger.json in data_dir; it fills again by itself')
    return Ledger(burned, missing)


def _seconds(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LATEST:
        raise ValueError('a time that is none')
    return int(value)


def refused(ledger, image_id, now):
    """Return the Ledger after Glance refused to take `image_id` at `now` (UTC seconds)."""
    old = ledger.burned.get(image_id)
    wait = FIRST_WAIT if old is None else min(old.wait * 2, LONGEST_WAIT)
    burned = dict(ledger.burned)
    burned[image_id] = Burned(now if old is None else old.since, now, wait)
    return ledger._replace(burned=burned)


def taken(ledger, image_ids):
    """Return the Ledger after Glance took `image_ids`, or after the database said that it would."""
    return ledger._replace(burned={key: one for key, one in ledger.burned.items() if key not in image_ids})


def waiting(ledger, now):
    """Return {image ID: UTC seconds of the next try} of the IDs that need not be tried at `now`.

    A try that lies in the future comes from a clock that was wrong, and counts for nothing.
    """
    return {key: one.tried + one.wait for key, one in ledger.burned.items() if one.tried <= now < one.tried + one.wait}
