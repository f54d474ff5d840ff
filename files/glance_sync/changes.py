"""Changes: what differs between a record's target and the image that a Glance holds."""

from collections import namedtuple

from . import attributes
from .attributes import MARK_STATUS

Change = namedtuple('Change', 'field item before after')
"""field: a Glance attribute, `properties`, `members` or `status`; item: the property's name or the member's project ID,
else ''; before, after: None where there is none."""


def between(target, image, members, capabilities, denies):
    """Return the sorted list of Changes that make a Glance image dict what a Target says.

    members: the API's list for a shared image (else empty); denies(name): properties to leave alone.
    Formats are no part of it: Glance never changes them on an active image (see `formats_differ`).
    """
    found = _attributes(target, image, members, capabilities)
    found += _items('properties', target.properties,
                    {name: value for name, value in attributes.properties(image).items() if not denies(name)})
    if target.status != image['status']:
        found.append(Change('status', '', image['status'], target.status))
    if target.visibility == 'shared':
        found += of_members(target, members)
    mark = _status_mark(target, image)
    return found + ([mark] if mark else [])


def of_members(target, members):
    """Return the Changes of members that make the API's list of them what a Target says."""
    return _items('members', target.members, {member['member_id']: member['status'] for member in members})


def _attributes(target, image, members, capabilities):
    found = []
    for field in attributes.PATCHED:
        if field == 'os_hidden' and not capabilities.hidden:
            continue
        after, before = getattr(target, field), image.get(field)
        if field == 'tags':
            before = tuple(sorted(before or ()))
        if field == 'visibility' and 'shared' not in capabilities.visibilities:
            after = 'private' if after == 'shared' else after
        if before != after:
            found.append(Change(field, '', before, after))
    return found


def _items(field, wanted, present):
    found = []
    for item in sorted(set(wanted) | set(present)):
        if wanted.get(item) != present.get(item):
            found.append(Change(field, item, present.get(item), wanted.get(item)))
    return found


def _status_mark(target, image):
    """A mark that says we deactivated an image which is to be active would, left there, undo a local deactivation later."""
    if target.status == 'active' and image.get(MARK_STATUS):
        return Change('properties', MARK_STATUS, image[MARK_STATUS], None)
    return None


def formats_differ(target, image):
    """Return the first Change of a format between a Target and an image dict, or None."""
    for field in ('container_format', 'disk_format'):
        if getattr(target, field) != image.get(field):
            return Change(field, '', image.get(field), getattr(target, field))
    return None
