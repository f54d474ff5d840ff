"""The report: an outcome in the words that a person reads, on a terminal or in a mail."""

from .text import shown

WORDS = (('create', 'created'), ('upload', 'uploaded'), ('update', 'updated'), ('hide', 'hidden'), ('delete', 'deleted'),
         ('fetch', 'fetched'), ('verify', 'verified'), ('remove', 'removed'))
UNITS = ('bytes', 'KiB', 'MiB', 'GiB', 'TiB')


def size(number):
    """Return a number of bytes as people read it: 17 bytes, 2.4 MiB."""
    for unit in UNITS:
        if number < 1024 or unit == UNITS[-1]:
            return '{} {}'.format(number, unit) if unit == 'bytes' else '{:.1f} {}'.format(number, unit)
        number /= 1024.0


def counts(result):
    """Return an Outcome as one line of numbers: `3 created, 1 fetched (2.4 MiB), 1 refused`, or `nothing to do`."""
    found = []
    for kind, word in WORDS:
        rows = [one for one in result.done if one.kind == kind]
        moved = sum(one.bytes for one in rows)
        if rows:
            found.append('{} {}{}'.format(len(rows), word, ' ({})'.format(size(moved)) if moved else ''))
    for word, rows in (('failed', result.failed), ('refused', result.refused)):
        if rows:
            found.append('{} {}'.format(len(rows), word))
    return ', '.join(found) or 'nothing to do'


def message(result):
    """Return an Outcome as one line for status.json and Nagios: the numbers, and the first trouble or the guard."""
    if result.guard:
        return result.guard[1]
    troubles = list(result.failed) + list(result.refused)
    if not troubles:
        return counts(result)
    return '{}; first: {} [{}] {}'.format(counts(result), troubles[0].id, troubles[0].code, shown(troubles[0].reason, 300))


def troubles(result):
    """Yield a line for each image that failed or was refused: which, why, and what to do."""
    for kind, rows in (('failed', result.failed), ('refused', result.refused)):
        for row in rows:
            yield '  {:<7} {} {}  [{}] {}{}'.format(kind, row.id, shown(row.name or ''), row.code, shown(row.reason, 600),
                                                    ': ' + shown(row.remedy, 600) if row.remedy else '')
