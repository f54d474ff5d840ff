"""The selection: which images travel (`select`), and what of them (`max_visibility`, `property_deny`)."""

import re
import shlex
from collections import namedtuple
from fnmatch import fnmatchcase

from .errors import UsageError
from .records import VISIBILITIES, label
from .text import shown

KEYS = ('visibility', 'tag', 'property', 'project', 'name')
Held = namedtuple('Held', 'id name code detail')
"""Something that a rule of the operator held back; code: visibility-capped or property-denied."""


class Selection:
    """A parsed `select`; terms: {key: [value, ...]}: any value of a key, and all keys, must match."""

    def __init__(self, terms, text=''):
        self._terms = terms
        self.text = text

    def matches(self, record):
        """Return whether a Record is selected; an empty selection takes all."""
        return all(any(_MATCH[key](record, value) for value in values) for key, values in self._terms.items())


def _match_project(record, value):
    if record.owner is None:
        return False
    return fnmatchcase(label(record.owner), value) or ('@' not in value and fnmatchcase(record.owner.project, value))


def _match_property(record, value):
    name, equals, wanted = value.partition('=')
    found = record.properties.get(name)
    return found is not None and (not equals or fnmatchcase(found, wanted))


_MATCH = {
    'visibility': lambda record, value: record.visibility == value,
    'tag': lambda record, value: any(fnmatchcase(tag, value) for tag in record.tags),
    'property': _match_property,
    'project': _match_project,
    'name': lambda record, value: fnmatchcase(record.name or '', value),
}


_PIECE = re.compile(r"""(?P<gap>[\s,]+)|(?P<word>(?:[^\s,"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)""", re.DOTALL)


def parse(text):
    """Return the Selection in `text`: terms `key=value` by white space or commas, quotes as in a shell.

    Values but visibility are globs; after a comma a value may stand without its key.
    `visibility=public,community tag=golden` is: (public or community) and golden.
    Raises UsageError on an unknown key or visibility.
    """
    terms, key = {}, None
    for word in list(_words(text)):     # an open quote is told first
        if word is None:
            key = None          # white space without a comma: the next term names its key
            continue
        head, equals, value = word.partition('=')
        if equals and (key != 'property' or head in KEYS):
            key, word = head, value
        if key not in KEYS or not word:
            raise UsageError('select: "{}" is no term'.format(shown(word if key is None else head)),
                             'write key=value with a key of {}; quote what holds a comma or a space'.format(', '.join(KEYS)))
        if key == 'visibility' and word not in VISIBILITIES:
            raise UsageError('select: there is no visibility "{}"'.format(shown(word)), 'use ' + ', '.join(VISIBILITIES))
        terms.setdefault(key, []).append(word)
    return Selection(terms, ' '.join(text.split()))


def _words(text):
    """Yield the words of `text` without their quotes, and None where only white space parts them."""
    at = 0
    while at < len(text):
        found = _PIECE.match(text, at)
        if not found:
            raise UsageError('select: a quote is not closed', 'close it')
        at = found.end()
        if found.group('word'):
            yield ''.join(shlex.split(found.group('word')))
        elif ',' not in found.group('gap'):
            yield None


class Limits:
    """What of an image may travel. max_visibility: one of VISIBILITIES, or empty; denied: globs of property names."""

    def __init__(self, max_visibility='', denied=()):
        self._max_visibility = max_visibility
        self._denied = tuple(denied)

    def denies(self, name):
        """Return whether a property of that name neither travels nor is compared."""
        return any(fnmatchcase(name, glob) for glob in self._denied)

    def restrict(self, record):
        """Return (the Record as it may travel, [Held, ...] what was held back of it)."""
        held = []
        cap = self._max_visibility
        if cap and VISIBILITIES.index(record.visibility) > VISIBILITIES.index(cap):
            held.append(Held(record.id, record.name, 'visibility-capped', '{} becomes {}'.format(record.visibility, cap)))
            record = record._replace(visibility=cap)
        names = sorted(name for name in record.properties if self.denies(name))
        if names:
            held.append(Held(record.id, record.name, 'property-denied', ', '.join(names)))
            kept = {name: value for name, value in record.properties.items() if name not in names}
            record = record._replace(properties=kept)
        return record, held
