"""dump: a master's Glance into its spool. Data first, the manifest last."""

import time
from concurrent import futures

from . import catalog, inventory, manifest
from .digests import Expected
from .errors import DigestMismatch, GlanceSyncError, Gone, NotThere
from .manifest import LeftOut, Manifest
from .outcome import Done
from .stream import Stream, drain
from .text import shown


def run(job, record):
    """Dump the cloud of `job` (job.Job) and publish; what happens goes into `record` (outcome.Record).

    Raises Guarded when the catalog shrank, Unreachable or UsageError when Glance or Keystone do not answer.
    """
    cloud, spool = job.cloud, job.spool
    last = spool.last_manifest(job.log)
    known = {one.id: one for one in last.records} if last else {}
    found = catalog.build(inventory.take(cloud, job.database, job.log, known), cloud.directory(), cloud.images.capabilities(),
                          known, job.rules)
    record.refused.extend(found.refused)
    record.held.extend(found.held)
    if not job.options.accept_shrink:
        offered = {one.id for one in found.wanted} | {one.id for one in found.left_out}
        manifest.check_losses(spool.marker(), offered, job.rules.selection.text)
    there = [one for one in found.wanted if _is_there(spool, one, known.get(one.id))]
    todo = [one for one in found.wanted if one not in there]
    record.facts.update(images=len(found.wanted), to_fetch=len(todo), bytes_to_fetch=sum(one.size for one in todo))
    if job.options.dry_run:
        record.facts['would_fetch'] = [one.id for one in todo]
        job.show('fetch   {}  {}  {} bytes'.format(one.id, shown(one.name or ''), one.size) for one in todo)
        return
    job.progress.start(sum(one.size for one in todo))
    digests = _fetch_all(job, todo, there, record)
    wanted = [one._replace(sha512=digests.get(one.id, one.sha512)) for one in found.wanted]
    value = _publish(job, last, wanted, found.left_out)
    _remove_old(spool, last, value, record)
    record.facts.update(generation=value.generation, origin=value.origin['id'])


def _is_there(spool, one, known):
    """Whether the spool has the bits of a Record. An ID that was purged and made again may have others than the last manifest says."""
    return one.sha512 is not None and spool.has(one) and (known is None or known.sha512 == one.sha512)


def _fetch_all(job, todo, there, record):
    """Bring the bits of Records into the spool and return {image ID: sha512} of those that are there now.

    there: Records whose bits the spool has: what is equal to one of them is linked, not fetched.
    """
    found, room = _link_known(job, todo, there, record), job.spool.room()
    todo = [one for one in todo if one.id not in found]
    with futures.ThreadPoolExecutor(job.settings.workers) as pool:
        running = {pool.submit(_fetch_one_of, job, group, room): group for group in _groups(todo)}
        for future in futures.as_completed(running):
            first, sha512, size, errors = future.result()
            for one, error in errors if first is None else ():
                if isinstance(error, Gone):
                    job.log.info('%s', error)
                else:
                    record.fail(one.id, one.name, error)
            for one in running[future] if first is not None else ():
                if one is not first:
                    job.spool.link(first.id, one.id)
                found[one.id] = sha512
                record.done.append(Done('fetch', one.id, one.name, size if one is first else 0, ''))
                job.progress.step(one.size)
    return found


def _fetch_one_of(job, group, room):
    """Return (the Record of equal ones whose bits came, sha512, bytes, [(Record, error), ...]); None when none of them has bits."""
    errors = []
    for one in group:
        try:
            sha512, size = _fetch(job, one, room)
            return one, sha512, size, errors
        except NotThere as error:
            gone = job.cloud.images.get(one.id) is None
            errors.append((one, Gone('image {} left Glance during this run'.format(one.id)) if gone else error))
        except GlanceSyncError as error:
            errors.append((one, error))
    return None, None, 0, errors


def _link_known(job, todo, there, record):
    known = {one.sha512: one.id for one in there}
    found = {}
    for one in todo:
        if one.sha512 in known:
            job.spool.link(known[one.sha512], one.id)
            found[one.id] = one.sha512
            record.done.append(Done('fetch', one.id, one.name, 0, ''))
    return found


def _groups(todo):
    """Return lists of Records with the same bits, small images first; one of unknown sha512 stands alone."""
    groups = {}
    for one in todo:
        groups.setdefault(one.sha512 or one.id, []).append(one)
    return sorted(groups.values(), key=lambda group: (group[0].size, group[0].id))


def _fetch(job, wanted, room):
    """Return (sha512, bytes that came) once the bits of a Record are in the spool."""
    spool, expected = job.spool, Expected(wanted.size, _strongest(wanted))
    if spool.has(wanted):       # a run was killed before it published
        hasher = spool.hash(spool.path(wanted.id), sorted(expected.digests))
        try:
            expected.check(hasher, 'image ' + wanted.id)
            return hasher.hex(), 0
        except DigestMismatch as error:
            job.log.warning('%s; fetched again', error)
            spool.remove(wanted.id)
    room.take(wanted.size - spool.partial_size(wanted.id), 'image ' + wanted.id)
    stream = Stream(job.cloud.transfer, spool, wanted.id, expected)
    return drain(stream).hex(), stream.fetched


def _strongest(wanted):
    """Return the one digest that Glance gives and that is worth computing: os_hash, else the md5 checksum."""
    if wanted.os_hash_algo and wanted.os_hash_value:
        return {wanted.os_hash_algo: wanted.os_hash_value}
    return {'md5': wanted.checksum} if wanted.checksum else {}


def _publish(job, last, wanted, left_out):
    """Publish what is complete and return the Manifest; what could not be fetched is named as left out."""
    there = [one for one in wanted if one.sha512 is not None and job.spool.has(one)]
    names = {one.id for one in there}
    left_out = left_out + [LeftOut(one.id, 'not fetched') for one in wanted if one.id not in names]
    marker = job.spool.marker()
    previous = max(marker.get('generation') or 0, last.generation if last else 0)
    value = Manifest(
        generation=manifest.next_generation(previous, job.now), origin=job.cloud.origin,
        created=time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(job.now)), records=tuple(sorted(there)),
        left_out=tuple(sorted(left_out)))
    job.spool.publish(value)
    job.spool.write_marker({'origin': value.origin['id'], 'generation': value.generation,
                            'select': job.rules.selection.text, 'ids': sorted(names | {one.id for one in left_out})})
    return value


def _remove_old(spool, last, value, record):
    """Remove the files that neither this manifest nor the one before names: a slave may still read by that one."""
    named = {one.id for one in value.records} | {one.id for one in (last.records if last else ())}
    for image_id in spool.ids():
        if image_id not in named:
            spool.remove(image_id)
            record.done.append(Done('remove', image_id, None, 0, 'no manifest names it any more'))
    spool.sweep(named | {one.id for one in value.left_out})
