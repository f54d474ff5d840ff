"""pull: the master's manifest and bits into the slave's spool, and nothing more."""

from .errors import Gone
from .text import shown


def run(job, record, supply):
    """Bring everything that `supply` (a Pulled that was taken) names into the spool; what happens goes into `record`."""
    todo = supply.missing()
    record.facts.update(origin=supply.manifest.origin['id'], generation=supply.manifest.generation, wanted=len(supply.wanted),
                        to_fetch=len(todo), bytes_to_fetch=sum(one.size for one in todo))
    if job.options.dry_run:
        record.facts['would_fetch'] = [one.id for one in todo]
        job.show('fetch   {}  {}  {} bytes'.format(one.id, shown(one.name or ''), one.size) for one in todo)
        return
    job.progress.start(record.facts['bytes_to_fetch'])
    for bits in supply.bits(supply.wanted):
        if bits.error is not None and not isinstance(bits.error, Gone):
            record.fail(bits.record.id, bits.record.name, bits.error)
