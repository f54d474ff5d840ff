"""The plan: what a slave must do so that its Glance offers what the manifest names.

Gather, decide, apply: everything is decided here, from values alone. The importer decides nothing.

    wanted   present on the slave              then
    ------   -------------------------------   ------------------------------------------------------
    yes      nothing                           create                      (refusal: burned ID, owner unknown, size)
    yes      queued, ours                      upload into it again        (an ID is never burned, invariant 3)
    yes      queued or saving, not ours        refusal `occupied`
    yes      saving or importing, ours         refusal `busy`
    yes      same bits                         update what differs         (refusal: local deactivation, formats)
    yes      other bits                        refusal `other-bits`        (never overwritten, invariant 5)
    no       ours, of this origin              keep, hide or delete        (deletion.py)
    no       anything else                     not our business
"""

from collections import namedtuple

from . import attributes, changes, deletion, records
from .attributes import MARK_STATUS, Target
from .digests import SHA512_LENGTH
from .records import Project, label
from .text import shown

Action = namedtuple('Action', 'kind id name record target changes detail')
"""kind: create, upload, update, hide or delete; record and target: None for hide and delete; changes: of an update;
detail: a remark for people."""

Refusal = namedtuple('Refusal', 'id name code reason remedy')
Plan = namedtuple('Plan', 'actions refusals held')
Present = namedtuple('Present', 'image members')
"""image: the Glance dict; members: the API's list, for a shared image only."""

Slave = namedtuple('Slave', 'present directory capabilities burned origin')
"""What is known of the slave. present: {image ID: Present}; burned: {image ID: when it is tried again, as text}."""

Policy = namedtuple('Policy', 'project_map limits max_image_size deletion')
"""What the operator decided; deletion: a deletion.Policy."""


ORDER = ('update', 'upload', 'create')      # then hide and delete, last of all


class Refused(Exception):
    """Ends the planning of one image with a Refusal."""

    def __init__(self, code, reason, remedy):
        super().__init__(code)
        self.code, self.reason, self.remedy = code, reason, remedy

    def of(self, record):
        """Return it as the Refusal of a Record."""
        return Refusal(record.id, record.name, self.code, self.reason, self.remedy)


def build(wanted, left_out, slave, policy, now):
    """Return the Plan.

    wanted: Records that are selected; left_out: IDs that the master holds beside them (not selected, or not offered);
    slave: Slave; policy: Policy; now: UTC seconds.
    """
    actions, refusals, held = [], [], []
    present = {image_id.lower(): one for image_id, one in slave.present.items()}
    for record in sorted(wanted):
        record, kept_back = policy.limits.restrict(record)
        held.extend(kept_back)
        try:
            target, problems, detail = resolve(record, slave, policy)
            refusals.extend(problems)
            action, problems = _decide(record, target, present.get(record.id.lower()), slave, policy)
            refusals.extend(problems)
            if action is not None:
                actions.append(action._replace(detail=detail))
        except Refused as refused:
            refusals.append(refused.of(record))
    goes, kept = deletion.plan(gone(slave, named(wanted, left_out)), policy.deletion, slave, now)
    refusals.extend(Refusal(image['id'], image.get('name'), *why) for image, why in kept)
    actions.sort(key=lambda action: (ORDER.index(action.kind), action.record.size, action.id))
    actions.extend(Action(kind, image['id'], image.get('name'), None, None, (), detail) for kind, image, detail in goes)
    refusals.sort(key=lambda refusal: (refusal.id, refusal.code, refusal.reason))
    return Plan(tuple(actions), tuple(refusals), tuple(held))


def named(wanted, left_out):
    """Return the set of IDs, in lower case, that the master still has."""
    return {record.id.lower() for record in wanted} | {image_id.lower() for image_id in left_out}


def gone(slave, keep):
    """Return the image dicts, by ID, that we brought from this origin and that are not in `keep` (lower-case IDs)."""
    return [one.image for image_id, one in sorted(slave.present.items())
            if image_id.lower() not in keep and attributes.is_ours(one.image, slave.origin)]


def _decide(record, target, present, slave, policy):
    """Return (Action or None, [Refusal, ...]) for a wanted image."""
    if present is None:
        _check_new(record, slave, policy)
        return Action('create', record.id, record.name, record, target, (), ''), []
    image = present.image
    if image['id'] != record.id:
        raise Refused('other-case', 'this Glance has it as {}'.format(image['id']),
                      'IDs equal but for case are one ID in MariaDB')
    if image['status'] not in ('active', 'deactivated'):
        return _resume(record, target, image, slave), []
    _check_same_bits(record, image)
    target, problems = _concede(target, image)
    found = changes.between(target, image, present.members, slave.capabilities, policy.limits.denies)
    action = Action('update', record.id, record.name, record, target, tuple(found), '') if found else None
    return action, [problem.of(record) for problem in problems]


def _check_new(record, slave, policy):
    problem = records.too_big(record, policy.max_image_size)
    if problem:
        raise Refused(*problem)
    if record.id in slave.burned:
        raise Refused('burned', 'this Glance had the ID once and will not take it again; next try {}'.format(
            slave.burned[record.id]), BURNED_REMEDY)


BURNED_REMEDY = (
    'after a backup of the Glance database run on the Glance unit "glance-manage db purge --age_in_days 0", then '
    '"glance-manage db purge_images_table --age_in_days 0"; that forgets ALL deleted IDs, of other images too; '
    'then "glance-sync sync --retry-refused"')


def _resume(record, target, image, slave):
    """An image that is there without bits: go on if it is ours, else leave it to whoever made it.

    The mark alone proves nothing: anybody can read it off another image and make one with it. So it must be in our project.
    """
    if not attributes.is_ours(image, slave.origin) or image.get('owner') != slave.directory.own:
        raise Refused('occupied', 'somebody else made an image with this ID, it is {}'.format(image['status']),
                      'see "openstack image show {}" and its owner'.format(record.id))
    if image['status'] != 'queued':
        raise Refused('busy', 'an upload is under way or died with its Glance worker: it is {}'.format(image['status']),
                      'nothing if it is under way; else see "An image stays saving" in README.md')
    return Action('upload', record.id, record.name, record, target, (), '')


def _check_same_bits(record, image):
    same = attributes.same_bits(record, image)
    if same:
        return
    theirs = ' '.join('{}:{}'.format(*item) for item in sorted(attributes.digests(image).items())) or 'no hash'
    ours = ' '.join('{}:{}'.format(*item) for item in sorted(attributes.record_digests(record).items()))
    sizes = 'master {} bytes {}; here {} bytes {}'.format(record.size, ours, image.get('size'), shown(theirs, SHA512_LENGTH * 3))
    if same is None:
        raise Refused('no-common-hash', 'no hash that both clouds know: ' + sizes, 'compare the two by hand')
    raise Refused('other-bits', 'the same ID has other bits: ' + sizes,
                  'find out which is right; glance-sync never overwrites an image')


def _concede(target, image):
    """Return (Target, [Refused, ...]): what this cloud keeps although the master says otherwise; the rest is updated."""
    problems = []
    if image['status'] == 'deactivated' and target.status == 'active' and image.get(MARK_STATUS) != 'deactivated':
        problems.append(Refused('local-deactivation', 'it was deactivated on this cloud',
                                '"glance image-reactivate {}" when it may be used again'.format(image['id'])))
        target = target._replace(status='deactivated')
    differing = changes.formats_differ(target, image)
    if differing:
        problems.append(Refused('formats', '{} is {} here and {} on the master; Glance cannot change it any more'.format(
            differing.field, shown(differing.before), shown(differing.after)),
            'delete the image here or on the master, and upload it under a new ID'))
    return target, problems


def resolve(record, slave, policy):
    """Return (Target, [Refusal, ...] of members, a remark) for a Record on this slave.

    Raises Refused when the image cannot be here at all: its owner is unknown and others may not see it.
    """
    directory = slave.directory
    visible = _visibility(record, slave.capabilities)
    owner, detail = _owner(record, visible, directory, policy.project_map)
    members, problems = {}, []
    for member in record.members if visible == 'shared' else ():
        project = policy.project_map.translate(Project(member.project, member.domain))
        project_id = directory.project_id(project)
        if project_id is None:
            problems.append(Refusal(record.id, record.name, 'member-unknown', 'no project {} here, a member on the master'.format(
                shown(label(project))), 'create it, or map it in project_map'))
        else:
            members[project_id] = member.status
    return Target(
        name=record.name, visibility=visible, owner=owner, protected=record.protected, os_hidden=record.os_hidden,
        min_disk=record.min_disk, min_ram=record.min_ram, container_format=record.container_format,
        disk_format=record.disk_format, tags=record.tags, properties=record.properties, status=record.status,
        members=members), problems, detail


def _visibility(record, capabilities):
    if record.visibility == 'community' and 'community' not in capabilities.visibilities:
        raise Refused('visibility', 'this Glance has no community images', 'cap it with max_visibility = shared')
    return record.visibility


def _owner(record, visible, directory, project_map):
    wanted = project_map.translate(record.owner)
    owner = directory.project_id(wanted)
    if owner is not None:
        return owner, ''
    name = shown(label(wanted))
    if visible in ('public', 'community'):
        return directory.own, 'owner {} is not on this cloud: it goes to {}'.format(name, directory.name(directory.own))
    raise Refused('owner-unknown', 'a {} image of {}, a project that is not on this cloud'.format(visible, name),
                  'create the project, or map it in project_map')
