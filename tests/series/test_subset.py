"""The gate of subset.py finds each fault of a list, lets a clean file pass, and holds for all of files/."""

import os
import textwrap

import pytest

from tests.series import subset

FILES = os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, 'files')

SYNTAX = {
    'f-string': "x = f'{y}'",
    'raw f-string': "x = rf'{y}'",
    'f-string in an implicit join': "x = ('a'\n     f'{y}')",
    'variable annotation': 'x: int = 1',
    'NamedTuple as a class': 'import typing\nclass A(typing.NamedTuple):\n    x: int',
    'underscore in a number': 'x = 1_000',
    'underscore in a hex number': 'x = 0xff_ff',
    'comma after *args': 'def f(*args,):\n    pass',
    'comma after **kw': 'def f(\n    a,\n    **kw,\n):\n    pass',
    'comma after a keyword-only': 'def f(*, a,):\n    pass',
    'comma after lambda *a': 'f = lambda *a,: a',
    'async comprehension': 'async def f(y):\n    return [x async for x in y]',
    'async generator': 'async def f():\n    yield 1',
    'future annotations': 'from __future__ import annotations',
    'walrus': 'if (x := f()):\n    pass',
    'positional-only': 'def f(a, /):\n    pass',
    'return of a star': 'def f(a):\n    return 1, *a',
    'continue in finally': 'for x in y:\n    try:\n        pass\n    finally:\n        continue',
    'match': 'match x:\n    case 1:\n        pass',
    'with in brackets': "with (open('a', 'rb') as a, open('b', 'rb') as b):\n    pass",
    'except*': 'try:\n    pass\nexcept* OSError:\n    pass',
    'decorator expression': '@a[0].b\ndef f():\n    pass',
}

LIBRARY = {
    # by vermin
    'dataclass': 'import dataclasses',
    'secrets': 'import secrets',
    'importlib.metadata': 'import importlib.metadata',
    'capture_output': "import subprocess\nsubprocess.run(['a'], capture_output=True)",
    'text': "import subprocess\nsubprocess.run(['a'], text=True)",
    'text of Popen': "import subprocess\nsubprocess.Popen(['a'], text=True)",
    'encoding of run': "import subprocess\nsubprocess.run(['a'], encoding='utf-8')",
    'namedtuple defaults': "from collections import namedtuple\nA = namedtuple('A', 'x', defaults=(1,))",
    'fromisoformat': "import datetime\ndatetime.datetime.fromisoformat('x')",
    'nullcontext': 'import contextlib\ncontextlib.nullcontext()',
    'ModuleNotFoundError': 'try:\n    import x\nexcept ModuleNotFoundError:\n    pass',
    'blake2b': 'import hashlib\nhashlib.blake2b()',
    'fspath': "import os\nos.fspath('a')",
    'generic builtin': 'def f(a: list[int]):\n    pass',
    'time_ns': 'import time\ntime.time_ns()',
    # by the walk
    'fromisoformat of an unknown': "x = kind.fromisoformat('x')",
    'removeprefix': "x = y.removeprefix('a')",
    'required': 'def f(parser):\n    parser.add_subparsers(required=True)',
    'timespec': "def f(now):\n    return now.isoformat(timespec='seconds')",
    'missing_ok': 'def f(path):\n    path.unlink(missing_ok=True)',
    'scandir in with': "import os\nwith os.scandir('.') as found:\n    pass",
    'class hook': 'class A:\n    def __init_subclass__(cls):\n        pass',
    '%z': "import datetime\ndatetime.datetime.strptime(x, '%Y-%m-%dT%H:%M:%S%z')",
}

ENCODING = {
    'open': "open('a')",
    'open to write': "open('a', 'w')",
    'open by keyword': "open('a', mode='a')",
    'io.open': "import io\nio.open('a')",
    'fdopen': "import os\nos.fdopen(1, 'w')",
    'temporary file': "import tempfile\ntempfile.NamedTemporaryFile('w')",
    'read_text': "import pathlib\npathlib.Path('a').read_text()",
    'write_text': "import pathlib\npathlib.Path('a').write_text('b')",
}

PATHS = {
    'open(Path())': "from pathlib import Path\nopen(Path('a'), 'rb')",
    'open(pathlib.Path())': "import pathlib\nopen(pathlib.Path('a'), 'rb')",
    'open of a name': "from pathlib import Path\np = Path('a')\nopen(p, 'rb')",
    'open of a quotient': "def f(root):\n    return open(root / 'a', 'rb')",
    'open of a name of a quotient': "def f(root):\n    path = root / 'a'\n    return open(path, 'rb')",
    'open of an attribute': "from pathlib import Path\nclass A:\n    def __init__(self, a):\n        self.p = Path(a)\n"
                            "    def f(self):\n        return open(self.p.parent, 'rb')",
    'open of an annotated': "from pathlib import Path\ndef f(p: Path):\n    return open(p, 'rb')",
    'os.replace': "import os\nfrom pathlib import Path\nos.replace('a', Path('b'))",
    'os.path.join': "import os\nfrom pathlib import Path\nos.path.join(Path('b'), 'c')",
    'shutil': "import shutil\nfrom pathlib import Path\nfor p in Path('a').glob('*'):\n    shutil.rmtree(p)",
    'argv': "import subprocess\nfrom pathlib import Path\nsubprocess.call(['ls', Path('a')])",
    'cwd': "import subprocess\nfrom pathlib import Path\nsubprocess.call(['ls'], cwd=Path('a'))",
}

JSON = {
    'json of a literal': "import json\njson.loads(b'{}')",
    'json of encode': "import json\ndef f(x):\n    return json.loads(x.encode('utf-8'))",
    'json of check_output': "import json\nimport subprocess\nx = subprocess.check_output(['a'])\njson.loads(x)",
    'json of a binary read': "import json\nwith open('a', 'rb') as f:\n    json.loads(f.read())",
    'json of a binary file': "import json\nwith open('a', 'rb') as f:\n    json.load(f)",
    'json of urlopen': "import json\nfrom urllib.request import urlopen\njson.loads(urlopen('a').read())",
    'json of an outer name': "import json\nx = b'{}'\ndef f():\n    return json.loads(x)",
    'json of content': 'import json\ndef f(response):\n    return json.loads(response.content)',
}

BAD = [(said, name, text) for said, group in [
    ('not in the 3.5 grammar', SYNTAX), ('needs 3.', LIBRARY), ('in text mode without encoding=', ENCODING),
    ('(Path)', PATHS), ('json.load', JSON),
] for name, text in sorted(group.items())]

CLEAN = '''\
    #!/usr/bin/env python3
    """A file that Python 3.5 takes."""
    import argparse
    import collections
    import datetime
    import json
    import os
    import pathlib
    import subprocess
    import tempfile
    import typing

    Point = collections.namedtuple('Point', 'x y')
    Typed = typing.NamedTuple('Typed', [('x', int)])


    def many(a: int, *args, key=None, **kw) -> typing.List[int]:
        return [a, *args, many(*args, **kw,), {**kw, 'key': key}]


    def files(name, mode):
        path = pathlib.Path(name) / 'a'
        with open(str(path), encoding='utf-8') as text, open(str(path), 'rb') as data, open(name, mode) as other, \\
                open(str(path), 'rb') as data_file:
            json.load(text)
            json.loads(data.read().decode('utf-8'))
            other.read(), data_file.read()
        with tempfile.NamedTemporaryFile() as temporary:
            temporary.write(path.read_bytes())
        path.read_text(encoding='utf-8')
        path.write_text('a', encoding='utf-8')
        os.replace(str(path), name)
        return path.parent.exists()


    def other_scope(text, name):
        path, data = text, text.encode('utf-8')
        data = data.decode('utf-8')
        with open(path, encoding='utf-8') as data_file:
            return json.load(data_file), json.loads(data)


    def rest(text, total, now):
        subprocess.check_output(['a'], universal_newlines=True)
        parser = argparse.ArgumentParser().add_subparsers(dest='verb')
        parser.required = True
        datetime.datetime.strptime(text, '%Y-%m-%dT%H:%M:%SZ')
        return '{:.1f}'.format(total / 3), now.isoformat(), json.loads(text)
'''


def written(folder, text, name='a.py'):
    path = folder / name
    path.write_text(text + '\n', encoding='utf-8')
    return str(path)


@pytest.mark.parametrize('said, name, text', BAD, ids=[name for _, name, _ in BAD])
def test_each_fault_is_found(said, name, text, tmp_path):
    found = subset.faults([written(tmp_path, text)])
    assert found and all(said in fault.text for fault in found)


def test_a_fault_has_its_line(tmp_path):
    path = written(tmp_path, "import os\n\nx = open('a')\ny = 1")
    assert subset.faults([path]) == [(path, 3, 'open() in text mode without encoding=')]


def test_a_clean_file_passes(tmp_path):
    assert subset.faults([written(tmp_path, textwrap.dedent(CLEAN))]) == []


def test_novermin_lets_a_line_pass(tmp_path):
    assert subset.faults([written(tmp_path, "x = open('a')    # a terminal, not a file  # novermin")]) == []


def test_bytes_that_are_no_source_are_a_fault(tmp_path):
    path = tmp_path / 'a.py'
    path.write_bytes(b"x = '\xff'\n")
    assert subset.faults([str(path)])


def test_scripts_ship_too(tmp_path):
    script = written(tmp_path, "#!/usr/bin/python3\nx = f'{y}'", name='script')
    module = written(tmp_path, 'x = 1')
    written(tmp_path, '#!/bin/sh\nls', name='shell')
    written(tmp_path, 'x = 1', name='notes')
    assert subset.shipped(str(tmp_path)) == [module, script]
    assert subset.faults([script])


def test_the_command_says_how_it_went(tmp_path, capsys):
    assert subset.main([str(tmp_path)]) == 2
    path = written(tmp_path, 'x = 1')
    assert subset.main([str(tmp_path)]) == 0
    written(tmp_path, 'x = 1_0')
    assert subset.main([str(tmp_path)]) == 1
    assert '{}:1: not in the 3.5 grammar'.format(path) in capsys.readouterr().out


@pytest.mark.parametrize('path', subset.shipped(FILES))
def test_files_keep_to_python_3_5(path):
    assert subset.faults([path]) == []
