"""The report: an outcome in the words that a person reads, on a terminal or in a mail."""

from . import errors
from .text import shown


def message(result, code):
    """Return an Outcome with its exit code as one line, '' when there is nothing to tell."""
    if result.guard:
        return result.guard[1]
    if code == errors.DONE and not result.done:
        return ''
    counts = '{} done, {} failed, {} refused'.format(len(result.done), len(result.failed), len(result.refused))
    troubles = list(result.failed) + list(result.refused)
    if not troubles:
        return counts
    return '{}; first: {} [{}] {}'.format(counts, troubles[0].id, troubles[0].code, shown(troubles[0].reason, 300))


def troubles(result):
    """Yield a line for each image that failed or was refused: which, why, and what to do."""
    for kind, rows in (('failed', result.failed), ('refused', result.refused)):
        for row in rows:
            yield '  {:<7} {} {}  [{}] {}{}'.format(kind, row.id, shown(row.name or ''), row.code, shown(row.reason, 600),
                                                    ': ' + shown(row.remedy, 600) if row.remedy else '')
