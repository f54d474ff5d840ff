"""The Python 3.5 gate: everything that ships in files/ must run on xenial's python3.

    python -m tests.series.subset files

Three looks at each file: parso's own Python 3.5 grammar for the syntax, vermin for the library, and a short walk
over the tree for what vermin cannot know: which string is bytes, which name is a Path, which text file is opened
without encoding=. The walk guesses from what it sees inside one file; it finds the usual slips, not every one.
Order that rests on a dict or a set cannot be seen here at all: tests look for that.

`# novermin` at the end of a line, with the reason in front of it, lets that line pass the library checks.
"""

import ast
import collections
import os
import subprocess
import sys
import tokenize

import parso

from tests.series.names import OPENERS, argument, dotted, last, scopes

Fault = collections.namedtuple('Fault', 'path line text')

# Methods that vermin misses when it does not know the object.
NEWER_METHODS = {
    'fromisoformat': '3.7', 'isascii': '3.7', 'reconfigure': '3.7', 'removeprefix': '3.9', 'removesuffix': '3.9',
}
NEWER_KEYWORDS = {
    ('add_subparsers', 'required'): '3.7', ('isoformat', 'timespec'): '3.6', ('unlink', 'missing_ok'): '3.8',
    ('namedtuple', 'defaults'): '3.7', ('check_output', 'text'): '3.7',
}
NEWER_HOOKS = {'__init_subclass__': '3.6', '__set_name__': '3.6', '__class_getitem__': '3.7', '__fspath__': '3.6'}

TEMPORARIES = ('NamedTemporaryFile', 'TemporaryFile', 'SpooledTemporaryFile')
TEXT_METHODS = ('read_text', 'write_text')

# Functions that take a str and, on 3.5, nothing like a Path.
PATHLESS_MODULES = ('os', 'os.path', 'shutil', 'subprocess')


def shipped(root):
    """Return the Python files under root, scripts without a suffix among them."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != '__pycache__' and not name.startswith('.'))
        found.extend(path for path in (os.path.join(folder, name) for name in sorted(names)) if is_python(path))
    return found


def is_python(path):
    if path.endswith('.py'):
        return True
    if not os.path.isfile(path) or '.' in os.path.basename(path):
        return False
    with open(path, 'rb') as script:
        first = script.readline(200)
    return first.startswith(b'#!') and b'python' in first


def faults(paths):
    """Return what keeps these files from Python 3.5, by path and line."""
    found, parsed = [], []
    for path in paths:
        try:
            with tokenize.open(path) as source:
                text = source.read()
        except (SyntaxError, UnicodeDecodeError) as error:
            found.append(Fault(path, 1, 'not readable as source: {}'.format(error)))
            continue
        wrong = list(syntax_faults(text))
        if not wrong:
            parsed.append(path)
            wrong = tree_faults(text)
        found += [Fault(path, line, said) for line, said in wrong]
    return sorted(set(found + list(library_faults(parsed))))


def syntax_faults(text):
    grammar = parso.load_grammar(version='3.5')
    for issue in grammar.iter_errors(grammar.parse(text)):
        yield issue.start_pos[0], 'not in the 3.5 grammar: {}'.format(issue.message)


def library_faults(paths):
    if not paths:
        return
    argv = [sys.executable, '-c', 'import vermin; vermin.main()', '-t=3.5-', '--violations', '--no-tips',
            '--eval-annotations', '--format', 'parsable'] + [os.path.abspath(path) for path in paths]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    rows = [row.split(':', 5) for row in done.stdout.splitlines()]
    named = {os.path.abspath(path): path for path in paths}
    found = [Fault(named[row[0]], int(row[1]), 'needs {}: {}'.format(row[4].lstrip('~'), row[5]))
             for row in rows if len(row) == 6 and row[0] in named and row[1]]
    if done.returncode and not found:
        raise RuntimeError('vermin failed: {}'.format(done.stdout))
    yield from found


def tree_faults(text):
    lines = text.splitlines()
    for nodes, known in scopes(ast.parse(text)):
        for node in nodes:
            for said in node_faults(node, known):
                if '# novermin' not in lines[node.lineno - 1]:
                    yield node.lineno, said


def node_faults(node, known):
    if getattr(node, 'name', None) in NEWER_HOOKS:
        yield 'needs {}: {} is not called'.format(NEWER_HOOKS[node.name], node.name)
    for item in getattr(node, 'items', []):
        if dotted(item.context_expr) in ('os.scandir()', 'scandir()'):
            yield 'needs 3.6: scandir in a with statement'
    if isinstance(node, ast.Call):
        for check in (newer, encodingless, pathful, bytes_json, zone_format):
            said = check(node, known)
            if said:
                yield said


def newer(call, known):
    name = last(call.func)
    if isinstance(call.func, ast.Attribute) and name in NEWER_METHODS:
        return 'needs {}: {}()'.format(NEWER_METHODS[name], name)
    for keyword in call.keywords:
        if (name, keyword.arg) in NEWER_KEYWORDS:
            return 'needs {}: {}({}=)'.format(NEWER_KEYWORDS[name, keyword.arg], name, keyword.arg)


def encodingless(call, known):
    """Text files get their encoding from the locale unless told, and cron's locale is C."""
    name = dotted(call.func)
    if last(call.func) in TEXT_METHODS:
        position = 0 if last(call.func) == 'read_text' else 1
        bare = len(call.args) <= position
    elif name in OPENERS:
        bare = is_text(argument(call, 1, 'mode'), 'r') and len(call.args) < 4
    elif last(call.func) in TEMPORARIES:
        position = 1 if last(call.func) == 'SpooledTemporaryFile' else 0
        bare = is_text(argument(call, position, 'mode'), 'w+b')
    else:
        return None
    if bare and not {'encoding', None} & {keyword.arg for keyword in call.keywords}:
        return '{}() in text mode without encoding='.format(name or last(call.func))


def is_text(mode, otherwise):
    """Whether this mode opens text; a mode known only when it runs is left alone."""
    if mode is None:
        return 'b' not in otherwise
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and 'b' not in mode.value


def pathful(call, known):
    name = dotted(call.func)
    if name in OPENERS or name.rpartition('.')[0] in PATHLESS_MODULES:
        arguments = [item for argument in call.args
                     for item in (argument.elts if isinstance(argument, (ast.List, ast.Tuple)) else [argument])]
        arguments += [keyword.value for keyword in call.keywords if keyword.arg == 'cwd']
        if any(known.is_path(argument) for argument in arguments):
            return 'needs 3.6: {}(Path); say str(path)'.format(name)


def bytes_json(call, known):
    name = dotted(call.func)
    if name == 'json.loads' and call.args and known.is_bytes(call.args[0]):
        return 'needs 3.6: json.loads(bytes); decode first'
    if name == 'json.load' and call.args and known.is_binary_file(call.args[0]):
        return 'needs 3.6: json.load(binary file); open it as text'


def zone_format(call, known):
    form = argument(call, 1, 'format')
    if last(call.func) == 'strptime' and isinstance(form, ast.Constant) and '%z' in str(form.value):
        return 'needs 3.7: %z in strptime reads neither "Z" nor a colon before'


def main(roots):
    paths = [path for root in roots for path in shipped(root)]
    if not paths:
        print('no Python under {}: nothing was checked'.format(' '.join(roots) or '(no folder given)'))
        return 2
    found = faults(paths)
    for fault in found:
        print('{}:{}: {}'.format(*fault))
    print('{} files, {} faults against Python 3.5'.format(len(paths), len(found)))
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
