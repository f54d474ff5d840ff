"""Deletion: what becomes of images that we brought and the master no longer names.

Nothing goes unless the operator opted in, and each guard is a value that can be read (invariant 4).
The importer adds the last guard: no deletion in a run that had an error.
"""

import math
import re
from collections import namedtuple

from .attributes import is_ours
from .errors import UsageError
from .text import shown

Policy = namedtuple('Policy', 'mode max_delete grace missing_since')
"""mode: keep, hide or delete; max_delete: Cap; grace: seconds that an image must have been gone;
missing_since: {image ID: UTC seconds of the first run that missed it}."""

Cap = namedtuple('Cap', 'count percent')
"""The most that one run may delete: a number of images, or a share of those that we brought; one of them is None."""

MODES = ('keep', 'hide', 'delete')
KEEP = Policy('keep', Cap(5, None), 0, {})


def parse_cap(text):
    """Return the Cap in `text`, a count (`5`) or a percentage (`10%`). Raises UsageError."""
    try:
        if text.endswith('%'):
            percent = float(text[:-1])
            if not 0 <= percent <= 100:
                raise ValueError(text)
            return Cap(None, percent)
        if not re.match('[0-9]{1,9}$', text, re.ASCII):
            raise ValueError(text)
        return Cap(int(text), None)
    except ValueError:
        raise UsageError('max_delete: "{}" is neither a count nor a percentage'.format(shown(text)), 'write 5 or 10%')


def allowed(cap, brought):
    """Return how many of `brought` images one run may delete."""
    return cap.count if cap.percent is None else int(math.floor(brought * cap.percent / 100))


def plan(gone, policy, slave, now):
    """Return ([(kind, image dict, detail), ...], [(image dict, (code, reason, remedy)), ...]).

    gone: image dicts that we brought from this origin and that the master no longer names, sorted by ID;
    slave: plan.Slave; now: UTC seconds. More than the cap deletes nothing at all.
    """
    if policy.mode == 'keep':
        return [], []
    if policy.mode == 'hide':
        return _hide(gone, slave)
    due, kept = [], []
    for image in gone:
        since = policy.missing_since.get(image['id'], now)
        if now - since < policy.grace:
            continue
        if image.get('protected'):
            kept.append((image, ('protected', 'the master no longer has it, but it is protected here',
                                 '"openstack image set --unprotected {}" lets it go'.format(image['id']))))
        else:
            due.append(('delete', image, 'the master no longer has it'))
    limit = allowed(policy.max_delete, _brought(slave))
    if len(due) > limit:
        return [], kept + [(image, ('max-delete', '{} images would be deleted, max_delete allows {}'.format(len(due), limit),
                                    'see whether the master is right, then raise max_delete')) for kind, image, detail in due]
    return due, kept


def _hide(gone, slave):
    if not slave.capabilities.hidden:
        return [], [(image, ('cannot-hide', 'this Glance cannot hide images', 'set deletion to keep or delete')) for image in gone]
    visible = [image for image in gone if not image.get('os_hidden')]
    return [('hide', image, 'the master no longer has it') for image in visible], []


def _brought(slave):
    return sum(1 for one in slave.present.values() if is_ours(one.image, slave.origin))


def missing_since(before, gone_ids, now):
    """Return {image ID: first seen missing} after a run: known ones keep their time, returned ones are forgotten."""
    return {image_id: before.get(image_id, now) for image_id in gone_ids}
