"""The series runner: a missing interpreter is never passed over in silence, and every pin file is whole."""

import glob
import os
import re
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))


def run(folder, *arguments, **environ):
    """Run the runner where no pyenv is and PATH holds only the system's tools and `folder`/bin."""
    environ = dict(environ, HOME=str(folder), PYENV_ROOT=str(folder), SERIES_HOME=str(folder / 'series'),
                   PATH='{}:/usr/bin:/bin'.format(folder / 'bin'))
    return subprocess.run([os.path.join(HERE, 'run'), *arguments], env=environ, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True, timeout=60)


@pytest.fixture
def lying(tmp_path):
    """A folder whose bin/python3.6 is there and answers nothing, as a shim of pyenv does."""
    shim = tmp_path / 'bin' / 'python3.6'
    shim.parent.mkdir()
    shim.write_text('#!/bin/sh\nexit 127\n')
    shim.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize('environ, code, word', [
    ({}, 1, 'MISSING'),
    ({'CI': 'true'}, 1, 'MISSING'),
    ({'SERIES_SKIP_MISSING': '1'}, 0, 'SKIPPED'),
    ({'SERIES_SKIP_MISSING': '1', 'CI': 'true'}, 1, 'MISSING'),
])
def test_a_missing_interpreter_is_told(lying, environ, code, word):
    done = run(lying, 'xenial', '-c', 'print("ran")', **environ)
    assert (done.returncode, done.stdout.split()[:3]) == (code, [word, 'series', 'xenial:'])


@pytest.mark.parametrize('arguments', [[], ['trusty'], ['../series/xenial.txt']])
def test_an_unknown_series_is_told_with_the_known_ones(tmp_path, arguments):
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert 'series: bionic focal jammy noble xenial' in done.stdout


@pytest.mark.parametrize('path', sorted(glob.glob(os.path.join(HERE, '*.txt'))), ids=os.path.basename)
def test_a_pin_file_names_its_python_and_pins_everything(path):
    with open(path, encoding='utf-8') as pins:
        first, *lines = pins.read().splitlines()
    assert re.match(r'# python: 3\.\d+$', first)
    packages = [line for line in lines if line and not line.startswith('#')]
    assert all(re.match(r'[\w.-]+==[\w.]+$', package) for package in packages)
    names = [package.split('==')[0].lower() for package in packages]
    assert len(names) == len(set(names))
    assert {'pip', 'setuptools', 'wheel', 'pbr', 'keystoneauth1', 'python-keystoneclient', 'python-glanceclient',
            'pymysql', 'requests', 'pytest', 'hypothesis'} <= set(names)
