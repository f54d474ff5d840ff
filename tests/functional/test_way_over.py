"""The way over: rsync over ssh through the forced command, several sources, and the master's Glance with master_creds."""

import os
import subprocess

import pytest

from .conftest import authorize, project, source
from .offer import offer
from .test_sync import downloads, every_kind
from .unit import Unit, wait_for


def ssh(pair, *words, stdin=b'', options=()):
    """Run a command through the slave's key, as a curious operator would."""
    argv = ['ssh', '-F', '/dev/null', '-i', str(pair.slave.settings['ssh_identity']), '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes',
            '-o', 'UserKnownHostsFile={}'.format(pair.slave.settings['ssh_known_hosts']), '-p', str(pair.sshd.port),
            *options, '{}@127.0.0.1'.format(pair.sshd.user), *words]
    return subprocess.run(argv, input=stdin, capture_output=True, timeout=60)


def rsync(pair, *arguments, path=None):
    """Run a plain rsync of the system with the slave's key; returns (exit code, stderr, folder that it wrote to)."""
    target = pair.slave.folder / 'plain'
    target.mkdir(exist_ok=True)
    shell = 'ssh -F /dev/null -i {} -o BatchMode=yes -o UserKnownHostsFile={} -p {}'.format(
        pair.slave.settings['ssh_identity'], pair.slave.settings['ssh_known_hosts'], pair.sshd.port)
    remote = '{}@127.0.0.1:{}'.format(pair.sshd.user, path or pair.master.data)
    done = subprocess.run(['rsync', '-e', shell, *arguments, remote, str(target)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr, target


REFUSED = [
    ('a shell', []),
    ('a command', ['id']),
    ('cat', ['cat', '/etc/passwd']),
    ('another rsync module', ['rsync', '--server', '--daemon', '.']),
    ('a receiver', ['rsync', '--server', '-e.LsfxCIvu', '.', '/tmp']),
    ('a path outside', ['rsync', '--server', '--sender', '-re.LsfxCIvu', '.', '/etc/passwd']),
    ('a path that climbs', ['rsync', '--server', '--sender', '-re.LsfxCIvu', '.', '{data}/../config/novarc']),
    ('a sibling with the same beginning', ['rsync', '--server', '--sender', '-re.LsfxCIvu', '.', '{data}-x/file']),
    ('removal', ['rsync', '--server', '--sender', '-re.LsfxCIvu', '--remove-source-files', '.', '{data}']),
    ('names in the protocol', ['rsync', '--server', '--sender', '-se.LsfxCIvu']),
    ('links followed', ['rsync', '--server', '--sender', '-rLe.LsfxCIvu', '.', '{data}']),
    ('a log file', ['rsync', '--server', '--sender', '-re.LsfxCIvu', '--log-file=/tmp/x', '.', '{data}']),
    ('two commands', ['rsync --server --sender -re.LsfxCIvu . {data}; id']),
]


@pytest.mark.parametrize('what, words', REFUSED, ids=[what for what, _ in REFUSED])
def test_the_key_opens_nothing_else(pair, master, what, words):
    master.image('one', b'secret bits')
    pair.master.run('dump', expect=0)
    done = ssh(pair, *[word.format(data=pair.master.data) for word in words])
    assert done.returncode not in (0, 255) and done.stdout == b''
    assert b'glance-sync-serve: ' in done.stderr and b'secret' not in done.stderr
    assert 'refused' in pair.master.log('serve.log')


def test_no_forwarding_and_no_terminal(pair, master):
    assert b'PTY allocation request failed' in ssh(pair, options=['-tt']).stderr
    assert ssh(pair, options=['-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:22']).returncode == 255
    done = ssh(pair, options=['-W', '127.0.0.1:{}'.format(pair.sshd.port)])
    assert b'SSH-2.0' not in done.stdout


def test_operators_may_read_with_their_own_rsync(pair, master):
    image = master.image('one', b'bits')
    pair.master.run('dump', expect=0)
    for arguments in (['-a'], ['-avz'], ['-rtvz', '--partial', '--progress', '--delete']):
        code, complaints, target = rsync(pair, *arguments)
        assert code == 0, complaints
        assert (target / 'data' / 'images' / image['id']).read_bytes() == b'bits'


def test_filter_rules_cannot_read_files_of_the_unit(pair, master):
    master.image('one', b'bits')
    pair.master.run('dump', expect=0)
    code, complaints, target = rsync(pair, '-a', '--filter=merge,s {}'.format(pair.master.novarc))
    assert code != 0 and master.password not in complaints
    code, complaints, _ = rsync(pair, '-a', '--filter=: /novarc', '--exclude=x')
    assert code != 0 and 'filter rules are not served' in complaints


def test_a_link_planted_in_the_spool_leads_nowhere(pair, master):
    master.image('one', b'bits')
    pair.master.run('dump', expect=0)
    os.symlink(str(pair.master.config.parent), str(pair.master.data / 'images' / 'door'))
    code, complaints, target = rsync(pair, '-r', path='{}/images/door/novarc'.format(pair.master.data))
    assert code != 0 and 'leads outside' in complaints
    assert not (target / 'novarc').exists()


def test_sources_are_tried_in_turn(pair, lab, master, slave):
    every_kind(master)
    pair.master.run('dump', expect=0)
    dead = 'ssh://{}@127.0.0.1:1{}'.format(pair.sshd.user, pair.master.data)
    pair.slave.set(sync_source='{}\n  {}'.format(dead, source(pair.sshd, pair.master)))
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)
    pair.slave.set(sync_source=dead)
    told = pair.slave.run('sync', expect=6)
    assert 'cannot be reached' in told.err and '127.0.0.1:1' in told.err and len(told.err.strip().splitlines()) == 1


def test_an_older_generation_is_refused_and_accepted_once(pair, master, slave):
    image = master.image('one', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    path = pair.master.data / 'manifest.json'
    generation = pair.master.manifest['generation']
    path.write_text(path.read_text().replace('"generation": {}'.format(generation), '"generation": {}'.format(generation - 5)))
    assert pair.master.manifest['generation'] < pair.slave.manifest['generation']
    told = pair.slave.run('sync', expect=4)
    assert 'older than' in told.err and '--accept-generation' in told.err
    pair.slave.run('sync', '--accept-generation', expect=0)
    assert image['id'] in slave.images()


def test_an_older_generation_makes_way_for_the_next_source(pair, tmp_path, lab, master, slave):
    master.image('one', b'bits', visibility='public')
    behind = Unit(tmp_path / 'behind', 'master', master)
    behind.run('dump', expect=0)
    pair.master.run('dump', expect=0)
    late = master.image('late', b'late', visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    second = lab.sshd()                 # a second master unit of the same cloud, whose spool is behind
    authorize(second, behind, pair.key)
    second.known_hosts(pair.slave.settings['ssh_known_hosts'])
    with open(str(pair.slave.settings['ssh_known_hosts']), 'a') as lines:
        lines.write('[127.0.0.1]:{} {}\n'.format(pair.sshd.port, pair.sshd.host_key))
    pair.slave.set(sync_source='{} {}'.format(source(second, behind), source(pair.sshd, pair.master)))
    newer = master.image('newer', b'newer', visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    assert {late['id'], newer['id']} <= set(slave.images())
    assert 'older than' in pair.slave.log()


def test_the_manifest_of_another_cloud_is_refused(pair, master, slave):
    image = master.image('one', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    path = pair.master.data / 'manifest.json'
    path.write_text(path.read_text().replace(pair.master.manifest['origin']['id'], 'f' * 32))
    before = slave.images()
    told = pair.slave.run('sync', expect=4)
    assert 'origin' in told.err and 'f' * 32 in told.err and len(told.err.strip().splitlines()) == 1
    assert slave.images() == before and image['id'] in before


def test_a_changed_host_key_stops_the_run(pair, lab, master, slave):
    master.image('one', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    other = lab.sshd()
    known = pair.slave.settings['ssh_known_hosts']
    with open(str(known), 'w') as lines:
        lines.write('[127.0.0.1]:{} {}\n'.format(pair.sshd.port, other.host_key))
    told = pair.slave.run('sync', expect=2)
    assert 'host key' in told.err and str(known) in told.err and len(told.err.strip().splitlines()) == 1
    open(str(known), 'w').close()
    assert 'host key' in pair.slave.run('sync', expect=2).err
    assert slave.images() == {} and open(str(known)).read() == ''


def test_a_key_that_the_master_does_not_know(pair, lab, tmp_path, master, slave):
    pair.master.run('dump', expect=0)
    key, _ = lab.keypair(tmp_path / 'stranger')
    pair.slave.set(ssh_identity=key)
    told = pair.slave.run('sync', expect=2)
    assert 'refuses the key' in told.err and 'authorized_keys' in told.err and len(told.err.strip().splitlines()) == 1


def test_a_killed_pull_goes_on_where_it_was(pair, master, slave):
    size = 40 << 20
    image = master.image('big', os.urandom(size), visibility='public')
    pair.master.run('dump', expect=0)
    pair.slave.set(bandwidth_limit=8192)
    running = pair.slave.start('sync')
    partial = pair.slave.data / '.partial' / image['id']
    assert wait_for(lambda: partial.exists() and partial.stat().st_size > 4 << 20)
    running.kill()
    running.wait()
    assert wait_for(lambda: pair.slave.run('pull', '--dry-run').code == 0)
    left = partial.stat().st_size
    pair.slave.set(bandwidth_limit=0)
    assert wait_for(lambda: pair.slave.run('status').code == 0)
    assert wait_for(lambda: pair.slave.run('sync').code == 0)       # an orphan rsync may still hold the lock
    fetched = pair.slave.status['runs']['sync']['counts']['bytes']
    assert fetched - size < size - left + (1 << 20)     # the upload's bytes, and what was missing of the file
    assert offer(slave) == offer(master)


# with master_creds

def creds(pair, **values):
    """Write master_creds for the slave unit; returns the path."""
    cloud = pair.master.cloud
    known = dict(username='admin', password=cloud.password, project='admin', region=cloud.region, auth_url=cloud.auth_url, domain='Default')
    known.update(values)
    path = pair.slave.config.parent / 'master_creds'
    path.write_text(', '.join('{}={}'.format(*item) for item in known.items()) + '\n')
    path.chmod(0o600)
    pair.slave.set(master_creds=path)
    return path


def test_bits_come_from_the_masters_glance(pair, master, slave):
    made = every_kind(master)
    pair.master.run('dump', expect=0)
    creds(pair)
    mark = master.mark()
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)
    with_bits = len([record for record in pair.master.manifest['images'] if record['size']])
    assert len(downloads(master.requests(mark))) == with_bits - 1       # twins come once
    assert pair.slave.bits() == sorted(made.values())
    pair.slave.run('verify', expect=0)
    assert 'serves' in pair.master.log('serve.log') and 'images/' not in pair.master.log('serve.log')
    mark = master.mark()
    pair.slave.run('sync', expect=0)
    assert downloads(master.requests(mark)) == []


def test_keep_data_no_leaves_nothing_behind(pair, master, slave):
    every_kind(master)
    pair.master.run('dump', expect=0)
    creds(pair)
    pair.slave.set(keep_data='no')
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)
    assert pair.slave.bits() == [] and os.listdir(str(pair.slave.data / '.partial')) == []
    mark = master.mark(), slave.mark()
    pair.slave.run('sync', expect=0)
    assert downloads(master.requests(mark[0])) == []
    pair.slave.run('drift', expect=0)


def test_keep_data_no_over_rsync(pair, master, slave):
    every_kind(master)
    pair.master.run('dump', expect=0)
    pair.slave.set(keep_data='no')
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)
    assert pair.slave.bits() == []
    sent = pair.master.log('serve.log')
    pair.slave.run('sync', expect=0)
    assert 'images/' not in pair.master.log('serve.log')[len(sent):]


def test_what_the_credentials_may_not_read_comes_by_rsync(pair, master, slave):
    made = every_kind(master)
    if not master.get('/v3/projects?name=puller').json()['projects']:
        master.create_project('puller')
        master.create_user('puller', 'p,w=1 \'$x', 'puller', role='member')
    pair.master.run('dump', expect=0)
    creds(pair, username='puller', password='p,w=1 \'$x', project='puller')
    mark = master.mark()
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)
    statuses = {one[2] for one in downloads(master.requests(mark))}
    assert 200 in statuses and statuses & {403, 404}
    served = pair.master.log('serve.log')
    for name in ('private', 'shared', 'deactivated'):
        assert made[name] in served
    assert made['protected'] not in served


def test_pull_with_master_creds_fills_the_spool(pair, master, slave):
    made = every_kind(master)
    pair.master.run('dump', expect=0)
    creds(pair)
    pair.slave.run('pull', expect=0)
    assert pair.slave.bits() == sorted(made.values()) and slave.images() == {}
    assert 'images/' not in pair.master.log('serve.log')
    pair.slave.run('verify', expect=0)


def test_pull_with_master_creds_fills_the_spool_whatever_sync_keeps(pair, master, slave):
    image = master.image('one', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    creds(pair)
    pair.slave.set(keep_data='no')
    pair.slave.run('pull', expect=0)
    assert pair.slave.bits() == [image['id']]


def test_wrong_master_creds_stop_the_run_before_it_does_anything(pair, master, slave):
    image = master.image('one', b'bits', visibility='public')
    pair.master.run('dump', expect=0)
    path = creds(pair, password='wrong, but long')
    told = pair.slave.run('sync', expect=2)
    assert 'refuses the credentials' in told.err and 'wrong, but long' not in told.err + pair.slave.log()
    assert slave.images() == {} and image['id'] not in pair.slave.bits()
    path.write_text('username=a, region=b')
    told = pair.slave.run('sync', expect=2)
    assert 'lacks' in told.err and 'password' in told.err and str(path) in told.err


def test_a_source_that_lies_about_bits_is_found_out(pair, master, slave):
    good = master.image('good', b'good' * 1000, visibility='public')
    bad = master.image('bad', b'right' * 1000, visibility='public')
    pair.master.run('dump', expect=0)
    (pair.master.data / 'images' / bad['id']).write_bytes(b'wrong' * 1000)
    done = pair.slave.json('sync', expect=3)
    assert [one['id'] for one in done['failed']] == [bad['id']]
    assert bad['os_hash_value'] in done['failed'][0]['reason']
    assert set(slave.images()) == {good['id']}
    assert 'sync' not in pair.slave.status['last_success']
    # verify on the master names it and takes it away; the next dump and sync heal both sides
    assert bad['id'] in pair.master.run('verify', expect=3).err
    pair.master.run('dump', expect=0)
    pair.slave.run('sync', expect=0)
    assert offer(slave) == offer(master)


def test_an_image_that_leaves_the_master_during_the_run(pair, master, slave):
    stays, goes = master.image('stays', b'stays', visibility='public'), master.image('goes', b'goes', visibility='public')
    pair.master.run('dump', expect=0)
    manifest = (pair.master.data / 'manifest.json').read_text()
    master.delete('/v2/images/' + goes['id'])
    pair.master.run('dump', expect=0)
    pair.master.run('dump', expect=0)
    assert pair.master.bits() == [stays['id']]
    # a manifest that names a file which is not there, and goes on naming it: a failure of that image alone
    (pair.master.data / 'manifest.json').write_text(manifest)
    done = pair.slave.json('sync', expect=3)
    assert [(one['id'], one['code']) for one in done['failed']] == [(goes['id'], 'notthere')]
    assert set(slave.images()) == {stays['id']}
    assert project(slave, 'admin')
