"""Calls: what a run cost: the requests that both Glances answered, and the files that went over ssh."""

from collections import Counter
from uuid import UUID

WRITES = ('POST', 'PUT', 'PATCH', 'DELETE')


class Calls:
    """Counts from the moment it is made. clouds: lab Clouds; serve_log: function that returns the text of serve.log."""

    def __init__(self, clouds, serve_log):
        self._marks = [(cloud, cloud.mark()) for cloud in clouds]
        self._serve_log, self._before = serve_log, len(_served(serve_log()))

    def lines(self):
        """Return what was counted, in words, a line for each cloud and one for ssh."""
        found = []
        for cloud, mark in self._marks:
            calls = cloud.requests(mark)
            kinds = Counter('{} {}'.format(call.method, _pattern(call.path)) for call in calls)
            found.append("{}'s Glance: {} calls, {} writes, {} downloads: {}".format(
                cloud.name, len(calls), len(_writes(calls)), len(_downloads(calls)),
                ', '.join('{} {}'.format(number, kind) for kind, number in sorted(kinds.items()))))
        return found + ['over ssh: {}'.format(', '.join(self._asked()) or 'nothing')]

    def problems(self):
        """Return what a run with nothing to do should not have done, a line each."""
        found = []
        for cloud, mark in self._marks:
            calls = cloud.requests(mark)
            found += ['{} {} on the {}'.format(call.method, call.path, cloud.name) for call in _writes(calls) + _downloads(calls)]
            if not calls:
                found.append('nobody asked the {}'.format(cloud.name))
        return found + ['{} over ssh'.format(name) for name in self._asked() if name != 'manifest.json']

    def _asked(self):
        return _served(self._serve_log())[self._before:]


def _writes(calls):
    return [call for call in calls if call.method in WRITES]


def _downloads(calls):
    return [call for call in calls if call.path.split('?')[0].endswith('/file')]


def _pattern(path):
    """Return a path without its query, an image's ID in it as ID."""
    return '/'.join('ID' if _is_uuid(part) else part for part in path.split('?')[0].split('/'))


def _is_uuid(text):
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _served(log):
    """Return the names of the files that glance-sync-serve gave out, as its log has them."""
    return [path.rpartition('/')[2] for line in log.splitlines() if ' serves ' in line
            for path in line.split(' serves ')[1].split()]
