"""The release: what an older Glance shows and takes, and the translation from and to today's terms."""

from glance_sync.attributes import Capabilities

from .answers import need

NAMES = ('mitaka', 'newton', 'ocata', 'pike', 'queens', 'rocky', 'stein', 'train')
HASHES = ('os_hash_algo', 'os_hash_value')


class Release:
    """One release by name; None is today's."""

    def __init__(self, name=None):
        age = len(NAMES) if name is None else NAMES.index(name)
        self.shared = self.community = age >= NAMES.index('ocata')
        self.hidden = self.hashes = age >= NAMES.index('rocky')
        self.lists_all = age >= NAMES.index('stein')

    def capabilities(self):
        """Return its Capabilities."""
        known = ('private', 'public') + (('shared', 'community') if self.shared else ())
        return Capabilities(frozenset(known), self.hidden, self.hashes)

    def take(self, values):
        """Return attributes that this release was given as today's."""
        values = dict(values)
        if not self.hidden and 'os_hidden' in values:
            need(isinstance(values['os_hidden'], str), 400, 'os_hidden is not a string')
            del values['os_hidden']     # a property without a meaning
        if not self.shared:
            need(values.get('visibility', 'private') in ('private', 'public'), 400, 'visibility')
            if values.get('visibility') == 'private':
                values['visibility'] = 'shared'
        return values

    def show(self, image):
        """Return an image dict as this release shows it."""
        hidden = (() if self.hidden else ('os_hidden',)) + (() if self.hashes else HASHES)
        image = {name: value for name, value in image.items() if name not in hidden}
        if not self.shared and image['visibility'] == 'shared':
            image['visibility'] = 'private'
        return image
