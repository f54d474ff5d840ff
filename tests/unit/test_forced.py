"""The forced command: only an rsync read of the folder comes through."""

import posixpath
import shlex
import subprocess

import pytest
from hypothesis import given, settings, strategies as st
from unit.given import is_one_line

from glance_sync import forced
from glance_sync.errors import Failure

FOLDER = '/srv/glance_sync/data'
HEAD = 'rsync --server --sender '


def refused(command, folder=FOLDER):
    with pytest.raises(Failure) as caught:
        forced.parse(command, folder)
    assert is_one_line(caught.value) and len(str(caught.value)) < 400
    return str(caught.value)


PATHS = [
    (FOLDER, FOLDER), (FOLDER + '/', FOLDER + '/'), (FOLDER + '/manifest.json', FOLDER + '/manifest.json'),
    (FOLDER + '/images/x', FOLDER + '/images/x'), ('images/x', FOLDER + '/images/x'), ('images/', FOLDER + '/images/'),
    ('/srv//glance_sync/./data/images', FOLDER + '/images'), ('./images', FOLDER + '/images'), ('a..b', FOLDER + '/a..b'),
]


@pytest.mark.parametrize('path, found', PATHS)
def test_paths_in_the_folder(path, found):
    request = forced.parse(HEAD + '-vlogDtpre.iLsfxCIvu . ' + path, FOLDER)
    assert request.paths == (found,)


def test_several_paths():
    assert forced.parse(HEAD + '-e.LsfxCIvu --inplace . images/a images/b', FOLDER).paths == (FOLDER + '/images/a',
        FOLDER + '/images/b')


@pytest.mark.parametrize('path', [
    '/', '/etc/passwd', '/srv/glance_sync/database', '/srv/glance_sync', '..', '../x', 'images/../../x',
    FOLDER + '/../config/novarc',
    '//srv/glance_sync/data', '~', '~root', '$HOME', '`id`', '*', 'a?', '[a]', '{a,b}', "'a b'", '"a;b"', 'a\\\\b', 'a|b',
    "'a\tb'", 'é'])
def test_paths_that_are_refused(path):
    refused(HEAD + '-e.LsfxCIvu . ' + path)


COMMANDS = [
    None, '', ' ', 'sh', 'rsync', '/bin/bash -i', 'scp -f x', 'sftp-server', 'rsync --daemon .', 'cat /etc/passwd',
    # it would write
    'rsync --server -e.LsfxCIvu . ' + FOLDER, 'rsync --server -vlogDtpre.iLsfxCIvu --delete . .',
    'rsync --sender --server -e.L . .',
    # another program, another order
    '/usr/bin/rsync --server --sender -e.L . .', 'env rsync --server --sender -e.L . .',
    'RSYNC=x rsync --server --sender -e.L . .',
    # no path, no dot, no options
    HEAD, HEAD + '-e.L', HEAD + '-e.L .', HEAD + '-e.L images', HEAD + '. images',
    # a shell
    HEAD + '-e.L . images; id', HEAD + '-e.L . images\nid', HEAD + '-e.L . $(id)', HEAD + '-e.L . images | sh',
    HEAD + "-e.L . 'images",
    HEAD + '-e.L . images && id', HEAD + '-e.L . images > /tmp/x', HEAD + '-e.L . \x00', HEAD + '-e.L . ' + 'a' * 100001,
    # a bare -e would swallow the next word
    HEAD + '-e . images', HEAD + '-ve . images', HEAD + '-esh . images', HEAD + '- . images', HEAD + '-- . images',
    HEAD + '-e.L -e.L . images',
]
OPTIONS = [
    '-L', '-k', '-s', '-R', '-K', '-C', '-F', '-M--daemon', '-Le.L', '-ske.L', '--copy-links', '--copy-dirlinks',
    '--copy-unsafe-links',
    '--files-from=/etc/passwd', '--files-from=-', '--from0', '--remove-source-files', '--log-file=/tmp/x', '--write-batch=x',
    '--daemon',
    '--config=/x', '--rsync-path=sh', '--rsh=sh', '--protect-args', '--secluded-args', '--filter=x', '--exclude-from=/x',
    '--include=x',
    '--temp-dir=/tmp', '--backup-dir=/x', '--copy-devices', '--write-devices', '--delete', '--partial-dir=/x', '--timeout=x',
    '--timeout',
    '--debug=ALL', '--info=x', '--iconv=x', '--sockopts=x', '--address=x', '--port=1', '--password-file=/x', '--inplacex', '-T',
    '-T/tmp']


@pytest.mark.parametrize('command', COMMANDS + [HEAD + '-e.L ' + option + ' . images' for option in OPTIONS] + [
    HEAD + option + ' -e.L . images' for option in OPTIONS] + [HEAD + '-e.L . ' + option for option in ('*', '-L/../..',
        '--x=/../..')])
def test_refused(command):
    refused(command)


@pytest.mark.parametrize('folder', ['/', '//', '/.', '', 'srv', '.', '/srv/a b', '/srv/$x'])
def test_a_folder_that_is_not_served(folder):
    assert 'data_dir' in refused(HEAD + '-e.L . .', folder)


WORDS = st.sampled_from(['rsync', '--server', '--sender', '.', '..', '/', FOLDER, FOLDER + '/..', 'images', '-e.iLsfxCIvu',
                         '-L', '--inplace',
                         '--timeout=5', '-vlogDtpre.iLsfx', '--copy-links', '', ';', '$(id)', '-s', '/etc'])
LETTERS = st.text('vnlogDtprWHAXUNcIuxSzdqLkRsCKMFTe.0', max_size=8).map('-{}'.format)
PATH = st.lists(st.sampled_from(['..', '.', '', 'images', 'a', '~', '*', 'srv', 'glance_sync', 'data', 'etc', ' ', '-L', '\\']),
                max_size=7).map('/'.join)


@given(st.lists(LETTERS | WORDS, max_size=3), st.lists(PATH | WORDS, max_size=3), st.booleans())
@settings(max_examples=600)
def test_what_comes_through_stays_in_the_folder(options, paths, quoted):
    words = [shlex.quote(word) for word in options] + ['.'] + [shlex.quote(path) if quoted else path for path in paths]
    try:
        request = forced.parse(HEAD + '-de.iLsfxCIvu ' + ' '.join(words), FOLDER)
    except Failure as error:
        assert is_one_line(error)
        return
    for path in request.paths:
        assert '..' not in path.split('/') and (posixpath.normpath(path) + '/').startswith(FOLDER + '/')
    for option in request.options:
        letters = option[1:].split('e')[0] if not option.startswith('--') else ''
        assert not set(letters) & set('LkRsCKMFT') and option not in ('--copy-links',)
    assert forced.argv(request)[:3] == ['rsync', '--server', '--sender'] and '.' in forced.argv(request)


@given(st.text())
def test_any_text(text):
    refused(text)


# what the rsync of this machine really asks for

@pytest.mark.parametrize('options', [[], ['--inplace', '--ignore-times', '--timeout=300', '--max-size=5'], ['-a'], ['-avz'],
                                     ['-rtvz', '--partial', '--progress'], ['--bwlimit=100', '--numeric-ids']])
def test_a_real_rsync(tmp_path, options):
    spy, seen = tmp_path / 'ssh', tmp_path / 'seen'
    spy.write_text('#!/bin/sh\nshift\necho "$@" > {}\nexit 1\n'.format(seen))
    spy.chmod(0o755)
    subprocess.run(['rsync'] + options + ['-e', str(spy), 'host:' + FOLDER + '/manifest.json', ':' + FOLDER + '/images/a',
                                          str(tmp_path)],
                   stderr=subprocess.DEVNULL, check=False)
    request = forced.parse(seen.read_text().strip(), FOLDER)
    assert request.paths == (FOLDER + '/manifest.json', FOLDER + '/images/a')
