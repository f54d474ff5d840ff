"""The outcome: what one run did, and the exit code that follows from it."""

from collections import namedtuple

from . import errors

Done = namedtuple('Done', 'kind id name bytes detail')
"""kind: an action's kind, or dump, fetch, remove; bytes: data that went over the wire for it."""

Failed = namedtuple('Failed', 'id name code reason remedy')
Outcome = namedtuple('Outcome', 'verb done failed refused held facts guard')
"""refused: plan.Refusal and the like; held: selection.Held; facts: a dict of plain values that the verb reports
(generation, counts ...); guard: (code, text) of a guard that held back a part of the run (a deletion), or None."""


class Record:
    """Collects what happens while a verb runs; `outcome()` gives the value."""

    def __init__(self, verb):
        self.verb = verb
        self.done, self.failed, self.refused, self.held = [], [], [], []
        self.facts = {}
        self.guard = None

    def fail(self, image_id, name, error):
        """Note that the image failed with `error`, a GlanceSyncError."""
        self.failed.append(Failed(image_id, name, error.code, error.what, error.remedy))

    def outcome(self):
        """Return the Outcome, its lists sorted by image ID."""
        return Outcome(self.verb, tuple(self.done), tuple(sorted(self.failed, key=lambda one: one.id)),
                       tuple(sorted(self.refused, key=lambda one: (one.id, one.code))), tuple(self.held), dict(self.facts), self.guard)


def is_clean(outcome):
    """Return whether every planned action was done; standing refusals do not count against it."""
    return not outcome.failed and outcome.guard is None


def exit_code(outcome):
    """Return the exit code: 4 when a guard held something back, 3 when images failed or were refused, else 0."""
    if outcome.guard is not None:
        return errors.REFUSED
    return errors.PARTIAL if outcome.failed or outcome.refused else errors.DONE


def counts(outcome):
    """Return {kind: number} of what was done, `failed`, `refused` and `bytes`."""
    found = {'failed': len(outcome.failed), 'refused': len(outcome.refused), 'bytes': sum(one.bytes for one in outcome.done)}
    for one in outcome.done:
        found[one.kind] = found.get(one.kind, 0) + 1
    return found


def to_json(outcome):
    """Return the Outcome as a value for --json and status.json."""
    return {
        'verb': outcome.verb, 'exit_code': exit_code(outcome), 'clean': is_clean(outcome), 'counts': counts(outcome),
        'done': [dict(one._asdict()) for one in outcome.done],
        'failed': [dict(one._asdict()) for one in outcome.failed],
        'refused': [dict(one._asdict()) for one in outcome.refused],
        'held': [dict(one._asdict()) for one in outcome.held],
        'facts': outcome.facts, 'guard': None if outcome.guard is None else {'code': outcome.guard[0], 'text': outcome.guard[1]},
    }
