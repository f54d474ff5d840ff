"""The transport: argv that can be read, exit codes judged in one place, and the gate before rsync's sender."""

import os
import shlex
import struct
import subprocess
import threading

import pytest
from glance_sync import forced
from glance_sync.errors import Failure, Unreachable, UsageError
from glance_sync.settings import load
from glance_sync.source import Source
from glance_sync.transport import client, sender

SOURCE = Source('ubuntu', 'master.example', None, '/srv/glance_sync/data')


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / 'glance-sync.conf'
    path.write_text('[glance-sync]\nmode = slave\nssh_identity = /home/u/.ssh/id rsa\nssh_known_hosts = /c/known_hosts\n'
                    'bandwidth_limit = 500\nrequest_timeout = 90\n')
    return load(str(path))


def test_ssh_asks_nothing_and_believes_one_file(settings):
    words = shlex.split(client.ssh_command(settings, SOURCE._replace(port=2222)))
    options = dict(word.split('=', 1) for before, word in zip(words, words[1:]) if before == '-o')
    assert words[:3] == ['ssh', '-F', '/dev/null'] and words[-2:] == ['-p', '2222']
    assert words[words.index('-i') + 1] == '/home/u/.ssh/id rsa'
    assert (options['BatchMode'], options['StrictHostKeyChecking'], options['IdentitiesOnly']) == ('yes', 'yes', 'yes')
    assert (options['UserKnownHostsFile'], options['GlobalKnownHostsFile']) == ('/c/known_hosts', '/dev/null')
    assert options['PasswordAuthentication'] == options['ForwardAgent'] == 'no'


def test_every_option_of_ssh_is_known_to_ssh(settings):
    """ssh -G reads all options and connects nowhere; one that it does not know is an error."""
    words = shlex.split(client.ssh_command(settings, SOURCE))
    done = subprocess.run(words + ['-G', 'localhost'], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_rsync_argv(settings):
    argv = client.rsync_command(settings, SOURCE, ['images/a', 'images/b'], '/spool/.partial', 77)
    assert argv[-3:] == ['ubuntu@master.example:/srv/glance_sync/data/images/a', ':/srv/glance_sync/data/images/b', '/spool/.partial/']
    assert {'--no-protect-args', '--inplace', '--ignore-times', '--timeout=90', '--max-size=77', '--bwlimit=500'} <= set(argv)
    assert not {'-a', '-l', '--links', '-D', '-r', '--delete'} & set(argv)


def test_what_our_rsync_sends_is_what_the_master_serves(settings, tmp_path):
    """The real rsync, with an ssh that only writes down what it is told to run."""
    fake = tmp_path / 'ssh'
    fake.write_text('#!/bin/sh\nprintf "%s" "$*" > {}/told\nexit 1\n'.format(tmp_path))
    fake.chmod(0o755)
    argv = client.rsync_command(settings, SOURCE, ['images/a', 'images/b'], str(tmp_path), 77)
    argv[argv.index('-e') + 1] = str(fake)
    subprocess.run(argv, capture_output=True)
    told = (tmp_path / 'told').read_text()
    request = forced.parse(told[told.index('rsync --server'):], SOURCE.path)
    assert request.paths == (SOURCE.path + '/images/a', SOURCE.path + '/images/b')
    assert '--inplace' in request.options and '--bwlimit=500' in request.options


JUDGED = [
    (0, '', None),
    (23, 'rsync: [sender] link_stat "/x" failed: No such file or directory (2)', None),        # the caller sees what is missing
    (24, 'file has vanished', None),
    (255, 'Host key verification failed.', UsageError),
    (12, '@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@', UsageError),
    (255, 'ubuntu@h: Permission denied (publickey).', UsageError),
    (255, 'Load key "/k": UNPROTECTED PRIVATE KEY FILE!', UsageError),
    (23, 'rsync: [sender] send_files failed to open "/x": Permission denied (13)', Failure),
    (12, 'bash: line 1: /srv/glance-sync-serve: No such file or directory', Failure),
    (14, 'rsync: Failed to exec ssh: No such file or directory (2)', Failure),
    (255, 'ssh: connect to host h port 22: Connection refused', Unreachable),
    (12, 'ssh: connect to host h port 22: Connection timed out', Unreachable),
    (255, 'ssh: Could not resolve hostname h: Name or service not known', Unreachable),
    (30, 'rsync error: timeout in data send/receive (code 30)', Unreachable),
    (12, 'glance-sync-serve: path not allowed: /etc', Failure),
    (11, 'rsync: [receiver] write failed: No space left on device (28)', Failure),
    (4, 'rsync: unrequested name', Failure),
    (99, '', Failure),
]


@pytest.mark.parametrize('code, complaints, error', JUDGED, ids=['{} {}'.format(code, text[:20]) for code, text, _ in JUDGED])
def test_exit_codes(settings, code, complaints, error):
    if error is None:
        assert client.judge(code, complaints, SOURCE, settings) is None
        return
    with pytest.raises(error) as caught:
        client.judge(code, complaints, SOURCE, settings)
    assert caught.value.remedy
    assert '\n' not in str(caught.value)


def test_a_missing_key_or_known_hosts_is_ours_not_the_masters(settings, tmp_path):
    key, known = tmp_path / 'key', tmp_path / 'known_hosts'
    ours = settings._replace(ssh_identity=str(key), ssh_known_hosts=str(known))
    for path in (key, known):
        with pytest.raises(UsageError, match=str(path)):
            client.check_files(ours)
        path.write_text('')
    client.check_files(ours)


def test_a_master_that_never_dumped(tmp_path):
    with pytest.raises(Failure, match='nothing is published yet'):
        sender.serve(['rsync', '--server', '--sender', '.', '/x'], str(tmp_path / 'data'))


def test_children_see_nothing_of_our_environment(tmp_path):
    found = client.environment({'SSH_AUTH_SOCK': 'x', 'RSYNC_RSH': 'y', 'OS_PASSWORD': 'z', 'HOME': '/h', 'PATH': '/bin'})
    assert found == {'PATH': '/bin', 'LC_ALL': 'C'}


# the gate

def through_the_gate(*pieces):
    """Return what passes the gate of these pieces, the last of them followed by the end."""
    source, mouth = os.pipe()
    ear, target = os.pipe()
    speaker = threading.Thread(target=lambda: ([os.write(mouth, piece) for piece in pieces], os.close(mouth)))
    speaker.start()
    try:
        sender._gate(source, target)
    finally:
        os.close(target)
        speaker.join()
        os.close(source)
        with os.fdopen(ear, 'rb') as heard:
            through_the_gate.passed = heard.read()
    return through_the_gate.passed


def frame(size, tag=7):
    return struct.pack('<I', tag << 24 | size)


VERSION, NO_RULES, RULE = struct.pack('<I', 31), struct.pack('<i', 0), struct.pack('<i', 12)


def test_a_client_without_rules_passes():
    opening = VERSION + frame(4) + NO_RULES
    assert through_the_gate(opening) == opening
    assert through_the_gate(*[opening[at:at + 1] for at in range(len(opening))]) == opening
    longer = VERSION + frame(9) + NO_RULES
    assert through_the_gate(longer + b'after') == longer


@pytest.mark.parametrize('pieces, passed', [
    ([VERSION, frame(16), RULE, b'. /etc/passwd'], VERSION),
    ([struct.pack('<I', 29)], b''), ([struct.pack('<I', 99)], b''), ([b'GET / HTTP/1.1'], b''),
    ([VERSION, frame(3)], VERSION), ([VERSION, frame(4, tag=8), NO_RULES], VERSION),
    ([VERSION, frame(4), struct.pack('<i', -1)], VERSION), ([VERSION, frame(4), b'\0\0'], VERSION), ([], b''), ([b'\x1f'], b''),
])
def test_nothing_else_passes(pieces, passed):
    with pytest.raises(Failure):
        through_the_gate(*pieces)
    assert through_the_gate.passed == passed


def test_a_rule_never_reaches_rsync(tmp_path):
    """The hostile client of the gate, against the real sender: rsync ends without having read the rule."""
    (tmp_path / 'file').write_text('bits')
    source, mouth = os.pipe()
    os.write(mouth, VERSION + frame(22) + struct.pack('<i', 18) + b'. /etc/hostname   ')
    argv = forced.argv(forced.parse('rsync --server --sender -re.LsfxC . {}/'.format(tmp_path), str(tmp_path)))
    with pytest.raises(Failure, match='filter rules'):
        sender.serve(argv, str(tmp_path), source)
    os.close(source)
    os.close(mouth)
