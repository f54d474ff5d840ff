"""The rings: imports point inward only, each outside thing has one owner, and charm and tools never import each other."""

import ast
import os

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGE = os.path.join(ROOT, 'files', 'glance_sync')

RINGS = [       # from the inside out; a module imports only from rings before its own, facts also from each other
    ('facts', 'attributes catalog changes credentials deletion digests drift errors forced health ledger manifest novarc outcome '
              'plan projects records report selection source text'),
    ('ground', 'atomic pace progress runlog'),
    ('edges', 'database glance settings spool status transport'),
    ('steps', 'carrier inventory stream supply'),
    ('verbs', 'check dump importer pull serve'),
    ('door', 'check_door cli job run serve_door'),
]
RING = {name: number for number, (_, names) in enumerate(RINGS) for name in names.split()}
OWNERS = {'keystoneauth1': 'glance', 'keystoneclient': 'glance', 'glanceclient': 'glance', 'requests': 'glance', 'urllib3': 'glance',
          'pymysql': 'database', 'subprocess': 'transport'}
CLOCKS = ('time', 'datetime', 'random', 'logging', 'os', 'socket', 'io')


def modules():
    """{module: [paths of its files]}; a sub-package is one module."""
    found = {}
    for entry in sorted(os.listdir(PACKAGE)):
        path = os.path.join(PACKAGE, entry)
        if os.path.isdir(path) and entry != '__pycache__':
            found[entry] = [os.path.join(path, name) for name in sorted(os.listdir(path)) if name.endswith('.py')]
        elif entry.endswith('.py') and entry != '__init__.py':
            found[entry[:-3]] = [path]
    return found


def imports(path, inside):
    """Yield (own module or None, top-level name) of each import of a file; inside: the file lies in a sub-package."""
    with open(path, encoding='utf-8') as source:
        tree = ast.parse(source.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            if node.level == 1 and inside:
                continue        # within its own sub-package
            names = [node.module.split('.')[0]] if node.module else [alias.name for alias in node.names]
            for name in names:
                yield name, None
        elif isinstance(node, ast.ImportFrom):
            yield None, node.module.split('.')[0]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield None, alias.name.split('.')[0]


ALL = [(module, path) for module, paths in modules().items() for path in paths]


def test_every_module_has_its_ring():
    assert set(modules()) == set(RING)


@pytest.mark.parametrize('module, path', ALL, ids=[os.path.relpath(path, PACKAGE) for _, path in ALL])
def test_imports_point_inward(module, path):
    for own, _ in imports(path, inside=os.path.dirname(path) != PACKAGE):
        if own in (None, '__version__'):
            continue
        same = RING[own] == RING[module] and RINGS[RING[own]][0] in ('facts', 'steps', 'door')
        assert RING[own] < RING[module] or same, '{} imports {}'.format(module, own)


@pytest.mark.parametrize('module, path', ALL, ids=[os.path.relpath(path, PACKAGE) for _, path in ALL])
def test_each_outside_thing_has_one_owner(module, path):
    for _, name in imports(path, inside=True):
        if name in OWNERS:
            assert OWNERS[name] == module
        if RINGS[RING[module]][0] == 'facts':
            assert name not in CLOCKS, '{} imports {}'.format(module, name)


def test_charm_and_tools_never_import_each_other():
    for folder, foreign in (('files', ('glance_sync_charm', 'charmhelpers', 'charms', 'reactive')),
                            ('lib', ('glance_sync',)), ('reactive', ('glance_sync',)), ('actions', ('glance_sync',))):
        for place, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in names:
                if name.endswith('.py'):
                    found = {top for _, top in imports(os.path.join(place, name), inside=True) if top}
                    assert not found & set(foreign), os.path.join(place, name)


def test_no_module_has_a_name_that_says_nothing():
    assert not set(RING) & {'utils', 'helpers', 'common', 'manager', 'misc'}
