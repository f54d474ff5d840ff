"""check: what changes nothing in any Glance: verify the spool, tell the status."""

from . import attributes, health, inventory, report, status as status_file
from .digests import Expected
from .errors import CutShort, DigestMismatch, Failure, ManifestError, NotThere
from .outcome import Done
from .text import shown


def verify(job, record, with_glance):
    """Hash every file of the spool again and compare it with the manifest; what differs fails by name.

    A file that is wrong loses its name, so that nobody is served from it and the next run fetches it again (--dry-run
    only tells). with_glance: also compare what Glance itself says of the bits. Raises Failure without a manifest.
    """
    spool = job.spool
    value = spool.read_manifest()
    if value is None:
        raise Failure('the spool {} has no manifest yet'.format(spool.folder), 'run "glance-sync dump" or "glance-sync pull" first')
    record.facts.update(generation=value.generation, origin=value.origin['id'], images=len(value.records))
    job.progress.start(sum(one.size for one in value.records))
    wrong = set()
    for one in value.records:
        if spool.has(one) and _is_right(spool, one, record):
            record.done.append(Done('verify', one.id, one.name, 0, ''))
        else:
            wrong.add(one.id)
            if not spool.has(one):
                record.fail(one.id, one.name, NotThere(
                    'the bits of image {} are not in the spool, or cut short'.format(one.id), 'the next run fetches them again'))
        job.progress.step(one.size)
    if not job.options.dry_run:
        for image_id in sorted(wrong):
            if image_id in spool.ids():
                spool.drop(image_id)
    if with_glance:
        _compare(job, value, record)


def _is_right(spool, one, record):
    expected = Expected(one.size, {'sha512': one.sha512})
    try:
        expected.check(spool.hash(spool.path(one.id)), 'image ' + one.id)
    except (CutShort, DigestMismatch) as error:
        record.fail(one.id, one.name, error)
        return False
    return True


def _compare(job, value, record):
    images, _ = inventory.take(job.cloud, job.database, job.log)
    for one in value.records:
        image = images.get(one.id)
        if image is not None and image['status'] in ('active', 'deactivated') and attributes.same_bits(one, image) is False:
            record.fail(one.id, one.name, DigestMismatch('image {}: Glance has other bits ({}) than the manifest'.format(
                one.id, ' '.join('{}:{}'.format(*item) for item in sorted(attributes.digests(image).items()))),
                'find out which is right; glance-sync never overwrites an image'))
        record.facts['compared'] = record.facts.get('compared', 0) + (image is not None)


def status(job):
    """Return the last runs, the spool, and what was refused and why: {mode, runs, last_success, spool}."""
    found = status_file.StatusFile(job.settings.log_dir).read()
    manifest, problem = None, None
    try:
        manifest = job.spool.read_manifest()
    except ManifestError as error:
        problem = str(error)
    spool = {'problem': problem, 'folder': job.spool.folder, 'generation': None, 'origin': None, 'images': 0, 'bytes': 0}
    if manifest is not None:
        spool.update(generation=manifest.generation, origin=manifest.origin['id'], images=len(manifest.records),
                     bytes=sum(one.size for one in manifest.records))
    return {'mode': job.settings.mode, 'runs': found['runs'], 'last_success': found['last_success'], 'spool': spool}


def status_lines(value, now):
    """Yield what `status` returned as lines for people. now: UTC seconds."""
    spool = value['spool']
    yield 'mode     {}'.format(value['mode'])
    if spool['problem']:
        yield 'spool    {}'.format(shown(spool['problem'], 600))
    elif spool['generation'] is None:
        yield 'spool    {}: no manifest yet'.format(spool['folder'])
    else:
        yield 'spool    {}: {} images, {}, generation {}'.format(
            spool['folder'], spool['images'], report.size(spool['bytes']), spool['generation'])
    for verb, run in sorted(value['runs'].items()):
        yield '{:<8} {} ago, exit {}{}'.format(verb, health.duration(now - run['finished']), run['exit_code'],
                                               ': ' + run['message'] if run['message'] else '')
        success = value['last_success'].get(verb)
        yield '         last clean run {}'.format(
            'never' if success is None else health.duration(now - success['finished']) + ' ago')
        for one in run['held']:
            yield '  held     {}  {}  [{}] {}'.format(one['id'], shown(one['name'] or ''), one['code'], shown(one['detail']))
        for part in ('failed', 'refused'):
            for one in run[part]:
                yield '  {:<8} {}  {}  [{}] {}: {}'.format(
                    part, one['id'], shown(one['name'] or ''), one['code'], shown(one['reason'], 600), shown(one['remedy'], 600))
