"""The contract with the clients of every Ubuntu series: `make series`, or `series.py xenial noble -k upload`.

One stage is started with the lab's Python; tox then runs tests/contract in the environment of each series against it.
A series whose interpreter is missing fails when CI=true, and is said loudly otherwise.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests'), str(ROOT / 'files')]
SERIES = ('xenial', 'bionic', 'focal', 'jammy', 'noble')
LIMIT = 300                 # seconds for one series; a hang must not wait for the night
RUN = ROOT / 'tests/series/run'


def prepare(series):
    """Make the environment of a series. Return what is to be said when it cannot run, and whether that is a failure."""
    skip = {} if os.environ.get('CI') == 'true' else {'SERIES_SKIP_MISSING': '1'}
    made = subprocess.run([RUN, series], env=dict(os.environ, **skip), stderr=subprocess.PIPE, text=True, check=False)
    sys.stderr.write(made.stderr)
    if made.returncode:
        return 'FAILED: no environment', True
    skipped = [line for line in made.stderr.splitlines() if line.startswith('SKIPPED')]
    return (skipped[0], False) if skipped else (None, False)


def contract(series, document, arguments):
    """Run the contract in a series. Return its last line and whether it failed."""
    began, last = time.monotonic(), ''
    command = [sys.executable, '-m', 'tox', 'run', '-q', '-e', series, '--', '-q', '-rs', '-p', 'no:cacheprovider',
               '-W', 'ignore::DeprecationWarning', *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=dict(os.environ, LAB_CLOUD=document), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as child:
        limit = threading.Timer(LIMIT, child.kill)
        limit.start()
        for line in child.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if re.search(r'\b(passed|failed|errors?)\b.* in ', line):     # pytest's last line, before what tox says
                last = line.strip()
        limit.cancel()
    verdict = 'FAILED' if child.returncode else 'ok'
    return '%-6s %5.1f s  %s' % (verdict, time.monotonic() - began, last.strip('= ')), bool(child.returncode)


def main(words):
    """Run the series named first in `words` (all when there is none), the rest going to pytest; return the exit code."""
    chosen = [word for word in words if word in SERIES] or SERIES
    arguments = [word for word in words if word not in SERIES]
    from contract.stage import staged
    summary, failed = [], False
    with tempfile.TemporaryDirectory(prefix='glance-sync-series-') as folder:
        with staged(Path(folder) / 'lab') as told:
            document = Path(folder) / 'cloud.json'
            document.touch(0o600)
            document.write_text(json.dumps(told), encoding='utf-8')
            for series in chosen:
                print('--- %s' % series, flush=True)
                line, bad = prepare(series)
                if line is None:
                    line, bad = contract(series, str(document), arguments)
                failed = failed or bad
                summary.append('%-7s %s' % (series, line))
    print('\n'.join(['', 'contract with each series\' clients:'] + summary), flush=True)
    return int(failed)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
