"""import: the plan carried out on a slave's Glance. Everything is decided in plan.py; here it is only done."""

import time
from concurrent import futures

from . import attributes, changes, deletion, drift, inventory, ledger, manifest, plan
from .attributes import MARK_STATUS
from .digests import Expected, withheld
from .errors import (Conflict, CutShort, DigestMismatch, Failure, Forbidden, GlanceSyncError, Gone, Guarded, NotThere,
                     Unreachable)
from .outcome import Done
from .plan import BURNED_REMEDY, Policy, Present, Refusal, Slave

UPLOAD_TRIES = 2
AFTER_CUT = 2.0         # seconds until Glance has put a cut upload's image back to queued (0.5 s measured)


def run(job, record, supply):
    """Make the Glance of `job` offer what `supply` (Spooled or a Pulled that was taken) names, and return the IDs it has then.

    What happens goes into `record` (outcome.Record). Raises Guarded when this cloud's own list shrank.
    """
    work = _Work(job, record, supply)
    work.gather()
    work.decide()
    if job.options.dry_run:
        record.facts['plan'] = drift.to_json(work.plan)
        job.show(drift.lines(work.plan, work.slave.directory))
        return set()
    job.progress.start(sum(action.record.size for action in work.plan.actions if action.kind in ('create', 'upload')))
    work.update()
    work.bring()
    work.take_away()
    work.note()
    return work.held()


class _Work:
    """One import under way: gather, decide, then one method for each part of the plan."""

    def __init__(self, job, record, supply):
        self.job, self.record, self.supply = job, record, supply
        self.images = job.cloud.images
        self.origin = supply.manifest.origin['id']
        self.imported = set()

    def gather(self):
        """Read the slave's Glance, Keystone, database and ledger."""
        images, members = inventory.take(self.job.cloud, self.job.database, self.job.log)
        present = {key: Present(image, members.get(key, [])) for key, image in images.items()}
        self.ledger = self.job.spool.read_ledger()
        self.slave = Slave(present, self.job.cloud.directory(), self.images.capabilities(), self._burned(present), self.origin)
        self.keep = plan.named(self.supply.manifest.records, [one.id for one in self.supply.manifest.left_out])
        gone = [image['id'] for image in plan.gone(self.slave, self.keep)]
        self.ledger = self.ledger._replace(missing=deletion.missing_since(self.ledger.missing, gone, self.job.now))
        if not self.job.options.accept_shrink:
            self._check_present(present)

    def _burned(self, present):
        """Return {image ID: when it is tried again}: the database knows it for sure, without one the ledger spaces the tries."""
        absent = {one.id for one in self.supply.wanted} - set(present)
        if self.job.database is not None:
            burned = self.job.database.deleted_ids(absent)
            for image_id in sorted(burned):
                self.ledger = ledger.refused(self.ledger, image_id, self.job.now)
            self.ledger = ledger.taken(self.ledger, absent - burned)
            return {image_id: 'when the database no longer has it' for image_id in burned}
        if self.job.options.retry_refused:
            return {}
        return {image_id: time.strftime('at %Y-%m-%d %H:%M UTC', time.gmtime(due))
                for image_id, due in ledger.waiting(self.ledger, self.job.now).items()}

    def _check_present(self, present):
        before = set(self.job.spool.marker().get('present', ())) & self.keep
        try:
            manifest.check_shrink(before, before & {image_id.lower() for image_id in present})
        except Guarded as error:
            raise Guarded('this cloud: {}'.format(error.what), 'see the role and project in novarc; ' + error.remedy, error.code)

    def decide(self):
        """Make the plan, and note in the record what it refuses and holds back."""
        settings = self.job.settings
        policy = Policy(settings.project_map, self.job.rules.limits, settings.max_image_size, deletion.Policy(
            settings.deletion, settings.max_delete, settings.delete_grace, self.ledger.missing))
        self.plan = plan.build(self.supply.wanted, self.keep, self.slave, policy, self.job.now)
        self.record.refused.extend(self.plan.refusals)
        self.record.held.extend(self.plan.held)
        self.record.facts.update(origin=self.origin, generation=self.supply.manifest.generation,
                                 wanted=len(self.supply.wanted), planned=drift.count(self.plan))
        capped = [refusal for refusal in self.plan.refusals if refusal.code == 'max-delete']
        if capped:
            self.record.guard = ('max-delete', capped[0].reason)

    # the parts of the plan

    def _actions(self, *kinds):
        return [action for action in self.plan.actions if action.kind in kinds]

    def update(self):
        """Change what differs on images that are there."""
        for action in self._actions('update'):
            self._try(action, self._change)

    def bring(self):
        """Upload what is missing, each image as soon as its bits are ready, `workers` of them at once."""
        pending = {action.id: action for action in self._actions('create', 'upload')}
        wanted = [one for one in self.supply.wanted if self.job.settings.keep_data or one.id in pending]
        later = self._round(pending, wanted, set(pending))
        if later:
            self._round(pending, later, ())

    def _round(self, pending, wanted, streamed):
        """One pass over the supply; returns the Records whose bits must come another way."""
        later, running = [], {}
        seen = set()
        with futures.ThreadPoolExecutor(self.job.settings.workers) as pool:
            try:
                for bits in self.supply.bits(wanted, streamed):
                    action = pending.get(bits.record.id)
                    seen.add(bits.record.id)
                    if isinstance(bits.error, Gone):
                        self.job.log.info('%s', bits.error)
                    elif bits.error is not None:
                        self.record.fail(bits.record.id, bits.record.name, bits.error)
                    elif action is not None:
                        running[pool.submit(self._upload, action, bits.stream)] = action
            finally:        # what was uploaded is told, also when the supply ends the run
                for future in futures.as_completed(running):
                    later.extend(self._settled(running[future], future))
        failed = {one.id for one in self.record.failed}
        twins = [one for one in wanted if one.id in pending and one.id not in seen and one.id not in failed] if streamed else []
        return later + twins

    def _settled(self, action, future):
        """Note how an upload ended; returns [Record] when its bits must come another way, else []."""
        try:
            size = future.result()
        except _Elsewhere:
            return [action.record]
        except _Burned:
            self.ledger = ledger.refused(self.ledger, action.id, self.job.now)
            wait = ledger.waiting(self.ledger, self.job.now)[action.id]
            self.record.refused.append(Refusal(
                action.id, action.name, 'burned', 'this Glance had the ID once and will not take it again; next try {}'.format(
                    time.strftime('at %Y-%m-%d %H:%M UTC', time.gmtime(wait))), BURNED_REMEDY))
            return []
        except GlanceSyncError as error:
            self.record.fail(action.id, action.name, error)
            return []
        self.imported.add(action.id)
        self.ledger = ledger.taken(self.ledger, {action.id})
        self.record.done.append(Done(action.kind, action.id, action.name, size, action.detail))
        self.job.log.info('%s %s, %d bytes', action.kind, action.id, size)
        self.job.progress.step(action.record.size)
        return []

    def take_away(self):
        """Hide or delete what the master no longer has; nothing is deleted after any failure (invariant 4)."""
        for action in self._actions('hide'):
            self._try(action, lambda one: self.images.patch(
                one.id, [{'op': 'replace', 'path': '/os_hidden', 'value': True}]))
        if self.record.failed:
            return
        for action in self._actions('delete'):
            self._try(action, lambda one: self.images.delete(one.id))

    def held(self):
        """Return the IDs of the wanted images that this Glance has with their bits."""
        return self.imported | {image_id for image_id, one in self.slave.present.items()
                                if one.image['status'] in ('active', 'deactivated')}

    def note(self):
        """Write down what the next run must know: the ledger, and which of the wanted images are here."""
        self.job.spool.write_ledger(self.ledger)
        marker = self.job.spool.marker()
        present = sorted({image_id.lower() for image_id in self.held()} & self.keep)
        if marker.get('present') != present:
            self.job.spool.write_marker(dict(marker, present=present))

    def _try(self, action, do):
        try:
            do(action)
        except GlanceSyncError as error:
            self.record.fail(action.id, action.name, error)
            return
        self.record.done.append(Done(action.kind, action.id, action.name, 0, action.detail))
        self.job.log.info('%s %s', action.kind, action.id)

    # one image

    def _upload(self, action, stream):
        """Create the image if need be, give it its bits, then let it be seen. Returns the bytes sent."""
        if stream is not None:
            try:
                stream.open()
            except (Forbidden, NotThere, Unreachable):
                raise _Elsewhere()
        image = self._queued(action)
        for attempt in range(1, UPLOAD_TRIES + 1):
            if image['status'] == 'active':     # an earlier try did it, only the answer was lost
                break
            try:
                self.job.cloud.transfer.upload(action.id, self._chunks(action, stream), action.record.size)
                break
            except (CutShort, DigestMismatch, Unreachable, Conflict) as error:
                if stream is None and isinstance(error, (CutShort, DigestMismatch)):
                    self.job.spool.drop(action.id)      # a file that rotted: the next run fetches it again
                    raise
                if attempt == UPLOAD_TRIES:
                    raise
                self.job.log.warning('%s; tried again', error)
                time.sleep(AFTER_CUT)
                image = self.images.get(action.id) or image
        self._settle(action)
        return action.record.size

    def _chunks(self, action, stream):
        if stream is not None:
            return stream.proved()
        spool, record = self.job.spool, action.record
        expected = Expected(record.size, {'sha512': record.sha512})
        return withheld(spool.chunks(spool.path(record.id)), expected, 'image ' + record.id)

    def _queued(self, action):
        """Return the queued image that takes the bits, made now if there is none."""
        if action.kind == 'create':
            body = attributes.creation(action.target, action.id, self.origin, self.slave.capabilities)
            try:
                return self.images.create(body)
            except Conflict:
                image = self.images.get(action.id)
                if image is None:
                    raise _Burned()
                if not attributes.is_ours(image, self.origin) or image.get('owner') != self.slave.directory.own:
                    raise
        else:
            image = self.slave.present[action.id].image
        return self._made_ready(action, image) if image['status'] == 'queued' else image

    def _made_ready(self, action, image):
        """Return a queued image that was there already, private, unprotected and of the right formats as a new one would be."""
        wanted = {'visibility': 'private', 'protected': False, 'container_format': action.target.container_format,
                  'disk_format': action.target.disk_format}
        wrong = {field: value for field, value in sorted(wanted.items()) if image.get(field) != value}
        return self.images.patch(action.id, [{'op': 'replace', 'path': '/' + field, 'value': value}
                                             for field, value in sorted(wrong.items())]) if wrong else image

    def _settle(self, action):
        """Compare what Glance computed, and only then give the image its status, visibility, owner and members."""
        image = self.images.get(action.id)
        if image is None or image['status'] not in ('active', 'deactivated'):
            raise Failure('image {} is {} after its upload'.format(action.id, image['status'] if image else 'gone'),
                          'the next run tries again')
        if not attributes.same_bits(action.record, image):
            raise DigestMismatch('image {}: Glance stored other bits than were sent'.format(action.id),
                                 'it stays private; see the store of this Glance')
        found = changes.between(action.target, image, (), self.slave.capabilities, self.job.rules.limits.denies)
        self._apply(action, image, found)

    def _change(self, action):
        self._apply(action, self.slave.present[action.id].image, action.changes)

    def _apply(self, action, image, found):
        """Carry out Changes: a deactivation first, then the attributes, then members, who need the visibility."""
        image_id = action.id
        for change in found:
            if change.field == 'status':
                if change.after == 'deactivated' and image.get(MARK_STATUS) != 'deactivated':
                    self.images.patch(image_id, [{'op': 'add', 'path': attributes.pointer(MARK_STATUS), 'value': 'deactivated'}])
                self.images.set_status(image_id, change.after)
        operations = attributes.patch(found, image)
        if operations:
            self.images.patch(image_id, operations)
        if any(change.field == 'visibility' and change.after == 'shared' for change in found):
            found = changes.of_members(action.target, self.images.members(image_id))    # those of an earlier time come back with it
        for change in found:
            if change.field == 'members' and change.after is None:
                self.images.remove_member(image_id, change.item)
            elif change.field == 'members':
                self.images.set_member(image_id, change.item, change.after)


class _Elsewhere(Exception):
    """The master's Glance does not give these bits to our credentials: they come by rsync."""


class _Burned(Exception):
    """Glance had this ID once."""
