"""Drift: the plan, printed and not carried out."""

from .text import shown


def count(plan):
    """Return {kind of action: number}, and `refused`."""
    counts = {}
    for action in plan.actions:
        counts[action.kind] = counts.get(action.kind, 0) + 1
    counts['refused'] = len(plan.refusals)
    return counts


def to_json(plan):
    """Return the Plan as a value for --json: {actions, refusals, held, counts}; documented in files/README.md."""
    return {
        'actions': [{'kind': action.kind, 'id': action.id, 'name': action.name, 'detail': action.detail,
                     'size': None if action.record is None else action.record.size,
                     'changes': [dict(change._asdict()) for change in action.changes]} for action in plan.actions],
        'refusals': [dict(refusal._asdict()) for refusal in plan.refusals],
        'held': [dict(held._asdict()) for held in plan.held],
        'counts': count(plan),
    }


def lines(plan, directory):
    """Yield the Plan as lines for people, one action or refusal a line, its changes indented below.

    directory: projects.Directory of the slave, to show projects by name.
    """
    for action in plan.actions:
        yield '{:<7} {}  {}'.format(action.kind, action.id, shown(action.name or '')) + _remark(action)
        for change in action.changes:
            yield '          {}'.format(_change(change, directory))
    for refusal in plan.refusals:
        yield 'refused {}  {}  [{}] {}: {}'.format(
            refusal.id, shown(refusal.name or ''), refusal.code, shown(refusal.reason, 600), shown(refusal.remedy, 600))
    for held in plan.held:
        yield 'held    {}  {}  [{}] {}'.format(held.id, shown(held.name or ''), held.code, shown(held.detail))


def _remark(action):
    size = '' if action.record is None or action.kind == 'update' else '  {} bytes'.format(action.record.size)
    return size + ('  ({})'.format(action.detail) if action.detail else '')


def _change(change, directory):
    field, before, after = change.field, change.before, change.after
    if field == 'owner':
        before, after = directory.name(before), directory.name(after)
    elif field == 'members':
        field = 'member ' + directory.name(change.item)
    elif field == 'properties':
        field = 'property ' + shown(change.item)
    elif field == 'tags':
        before, after = ' '.join(before) or None, ' '.join(after) or None
    return '{}: {} -> {}'.format(field, _value(before), _value(after))


def _value(value):
    return '(none)' if value is None else shown(value)


def summary(counts):
    """Return counts as one line, `2 create, 1 update, 1 refused`, or `nothing to do`."""
    found = ['{} {}'.format(counts[kind], kind) for kind in ('create', 'upload', 'update', 'hide', 'delete', 'refused')
             if counts.get(kind)]
    return ', '.join(found) or 'nothing to do'
