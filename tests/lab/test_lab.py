"""The lab itself: what every other test of real services builds on."""
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import requests

from . import Cut, Lab, LabError, OldGlance
from .guard import descendants

IMAGE_ID = '11111111-2222-4333-8444-555555555555'
PASSWORD = "p,=$ '\"w"


@pytest.fixture(name='lab', scope='module')
def one_lab(tmp_path_factory):
    """One lab for all tests here."""
    with Lab(tmp_path_factory.mktemp('lab') / 'lab') as lab:
        yield lab


@pytest.fixture(name='clouds', scope='module')
def two_clouds(lab):
    """master: SQLite behind TLS, internally behind an old Glance's proxy; slave: MariaDB."""
    return lab.clouds(master={'tls': True, 'proxied': OldGlance('queens')}, slave={'database': 'mariadb'})


@pytest.fixture(name='master')
def the_master(clouds):
    """The first of the clouds."""
    return clouds[0]


@pytest.fixture(name='slave')
def the_slave(clouds):
    """The second of the clouds."""
    return clouds[1]


def alive(pids):
    """Those of the processes that still run; one that nobody has waited for yet does not."""
    found = []
    for pid in pids:
        try:
            state = Path('/proc/%d/stat' % pid).read_text().rpartition(')')[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != 'Z':
            found.append(pid)
    return found


def test_clouds_share_nothing(master, slave):
    assert (master.region, slave.region) == ('RegionMaster', 'RegionSlave')
    assert master.auth_url.startswith('https://127.0.0.1:') and slave.auth_url.startswith('http://127.0.0.1:')
    names = [{project['name']: project['id'] for project in cloud.get('/v3/projects').json()['projects']}
             for cloud in (master, slave)]
    assert set(names[0]) == set(names[1]) == {'admin', 'service'}
    assert not set(names[0].values()) & set(names[1].values())
    assert master.admin['OS_PASSWORD'] != slave.admin['OS_PASSWORD']
    assert slave.auth_url not in str(master.get('/v3/auth/catalog').json())


def test_image_round_trip_with_a_chosen_id(master, slave, tmp_path):
    bits = os.urandom(3 << 20)
    file = tmp_path / 'bits'
    file.write_bytes(bits)
    for cloud in (master, slave):
        project = cloud.create_project('tenant')
        domain = cloud.create_domain('other')
        other = cloud.create_project('elsewhere', domain='other')
        cloud.create_user('joe', PASSWORD, 'tenant')
        cloud.create_user('ann', PASSWORD, 'elsewhere', role='reader', domain=domain)
        image = cloud.image('bits', file, id=IMAGE_ID, owner=project, tags=['a'], hw_rng='yes', os_hidden=True,
                            members=[(other, 'accepted')], status='deactivated')
        assert image['status'] == 'deactivated' and image['size'] == len(bits)
        assert cloud.images() == {IMAGE_ID: image}
        assert cloud.members(IMAGE_ID) == {other: 'accepted'}
        assert cloud.data(IMAGE_ID) == bits == (cloud.store / IMAGE_ID).read_bytes()
        joe, ann = cloud.client('joe', PASSWORD, 'tenant'), cloud.client('ann', PASSWORD, 'elsewhere', 'other')
        assert joe.get('/v2/images/%s/file' % IMAGE_ID, check=False).status_code == 403
        assert ann.get('/v2/images/' + IMAGE_ID).json()['name'] == 'bits'
        assert cloud.change(IMAGE_ID, name='new', hw_rng=None)['name'] == 'new'
        assert cloud.sql('SELECT name, deleted FROM images WHERE id = ?', [IMAGE_ID]) == [('new', 0)]
        with pytest.raises(LabError, match='409'):
            cloud.image('again', id=IMAGE_ID)


def test_access_log_counts_every_call(master, slave):
    for cloud in (master, slave):
        joe = requests.Session()
        joe.verify, joe.trust_env = cloud.api.session.verify, False
        joe.headers['X-Auth-Token'] = cloud.api.session.headers['X-Auth-Token']
        for _ in range(20):
            mark = cloud.mark()
            assert cloud.images() is not None
            assert joe.get(cloud.glance_url + '/v2/images?limit=1').status_code == 200
            assert joe.post(cloud.glance_url + '/v2/images', json={'id': 'no'}).status_code == 400
            assert cloud.requests(mark) == [('GET', '/v2/images?limit=1', 200), ('POST', '/v2/images', 400)]
            assert len(cloud.requests(mark, own=True)) == 4


def test_novarc_is_what_a_shell_reads(master, slave, tmp_path):
    path = slave.novarc(tmp_path / 'novarc', with_database=True, OS_REGION_NAME=None, OS_INTERFACE='internal')
    assert path.stat().st_mode & 0o777 == 0o600
    shell = ['env', '-i', 'sh', '-c', '. "$0"; env -0', str(path)]
    text = subprocess.run(shell, stdout=subprocess.PIPE, check=True).stdout
    settings = dict(line.split('=', 1) for line in text.decode().split('\0') if line.startswith(('OS_', 'MYSQL_')))
    wanted = dict(slave.admin, OS_INTERFACE='internal', **slave.database)
    del wanted['OS_REGION_NAME']
    assert settings == wanted
    with pytest.raises(LabError, match='mariadb'):
        master.novarc(tmp_path / 'none', with_database=True)


def test_database_login_reads_and_nothing_else(slave):
    pymysql = pytest.importorskip('pymysql')
    login = slave.database
    with pymysql.connect(host=login['MYSQL_HOST'], port=int(login['MYSQL_PORT']), user=login['MYSQL_USER'],
                         password=login['MYSQL_PASSWORD'], database=login['MYSQL_DATABASE']) as connection:
        cursor = connection.cursor()
        assert cursor.execute('SELECT id FROM images') >= 0
        for statement in ('DELETE FROM images', 'CREATE TABLE x (y INT)', 'SELECT * FROM keystone_slave.user'):
            with pytest.raises(pymysql.err.OperationalError, match='denied'):
                cursor.execute(statement)


def test_tls_is_checked_against_the_lab_s_ca(lab, master):
    assert requests.get(master.glance_url, verify=str(lab.ca.pem), timeout=10).status_code == 300
    assert requests.get(master.auth_url.replace('127.0.0.1', 'localhost'), verify=str(lab.ca.pem), timeout=10).ok
    for bundle in (True, str(lab.other_ca.pem)):
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(master.glance_url, verify=bundle, timeout=10)


def test_old_glance_behind_the_internal_endpoint(master):
    catalog = master.get('/v3/auth/catalog').json()['catalog']
    [glance] = [service for service in catalog if service['type'] == 'image']
    urls = {endpoint['interface']: endpoint['url'] for endpoint in glance['endpoints']}
    assert urls == {'public': master.glance_url, 'admin': master.glance_url, 'internal': master.proxy.url}
    hidden = master.image('hidden', b'x', os_hidden=True)
    old = master.client()
    old.glance_url, mark = master.proxy.url, master.proxy.mark()
    assert old.get('/v2/images?visibility=all', check=False).status_code == 400
    assert old.get('/v2/images?visibility=community').json()['images'] == []
    assert old.get('/v2/images?os_hidden=true').json()['images'] == []
    assert not {'os_hidden', 'os_hash_algo', 'os_hash_value'} & set(old.get('/v2/images/' + hidden['id']).json())
    assert 'os_hidden' not in old.get('/v2/schemas/image').json()['properties']
    assert old.get('/v2/images/%s/file' % hidden['id']).content == b'x'
    made = old.post('/v2/images', json={'name': 'p', 'os_hidden': 'true'}).json()
    assert made['os_hidden'] == 'true' and master.images()[made['id']]['os_hidden'] is False
    assert [(one.method, one.status) for one in master.proxy.requests(mark)] == [
        ('GET', 400), ('GET', 200), ('GET', 200), ('GET', 200), ('GET', 200), ('GET', 200), ('POST', 201)]
    assert master.proxy.requests(mark)[5].down == 1


def test_proxy_streams_cuts_and_answers(lab, slave):
    bits = os.urandom(1 << 20)
    verdicts = iter([None, None, (503, {'Retry-After': '1'}, b'later'), Cut(down=1000), Cut(up=70000)])
    proxy = lab.proxy(slave.glance.address, lambda request: next(verdicts))
    through = slave.client()
    through.login()
    through.glance_url = proxy.url
    first, second = slave.image('cl'), slave.image('chunked')
    through.put('/v2/images/%s/file' % first['id'], data=bits)
    through.put('/v2/images/%s/file' % second['id'], data=(bits[at:at + 65536] for at in range(0, len(bits), 65536)))
    assert slave.data(first['id']) == slave.data(second['id']) == bits
    assert through.get('/v2/images', check=False).text == 'later'
    answer = through.get('/v2/images/%s/file' % first['id'], stream=True)
    assert len(answer.raw.read(1000)) == 1000
    with pytest.raises(requests.exceptions.ConnectionError):
        through.put('/v2/images/%s/file' % slave.image('cut')['id'], data=bits)
    assert [(one.status, one.up, one.down) for one in proxy.requests()][:4] == [
        (204, len(bits), 0), (204, len(bits), 0), (503, 0, 5), (200, 0, 1000)]


def test_rsync_over_the_lab_s_own_sshd(lab, tmp_path):
    first, second = lab.sshd(), lab.sshd()
    key, public = lab.keypair(tmp_path / 'key')
    first.authorize('restrict ' + public)
    (tmp_path / 'from').write_bytes(b'bits')

    def copy(server, known):
        shell = 'ssh -F none -p %d -i %s -o BatchMode=yes -o UserKnownHostsFile=%s' % (server.port, key, known)
        return subprocess.run(['rsync', '-e', shell, '%s@127.0.0.1:%s' % (server.user, tmp_path / 'from'),
                               str(tmp_path / 'to')], stderr=subprocess.PIPE, check=False)

    assert copy(first, first.known_hosts(tmp_path / 'known')).returncode == 0
    assert (tmp_path / 'to').read_bytes() == b'bits'
    assert b'Host key verification failed' in copy(first, second.known_hosts(tmp_path / 'wrong')).stderr
    assert b'Permission denied (publickey)' in copy(second, tmp_path / 'wrong').stderr
    assert 'Accepted publickey for %s' % first.user in first.log.read_text(encoding='utf-8')


def test_services_stop_break_and_come_back(lab, slave):
    slave.kill_glance()
    with pytest.raises(requests.exceptions.ConnectionError):
        slave.get('/v2/images')
    slave.start_glance({'DEFAULT': {'image_size_cap': 10}})
    with pytest.raises(LabError, match='413'):
        slave.image('big', b'x' * 11)
    slave.stop_keystone()
    with pytest.raises(requests.exceptions.ConnectionError):
        slave.client().login()
    slave.start_keystone()
    lab.mariadb.kill()
    assert slave.get('/v2/images', check=False).status_code in (500, 503)
    lab.mariadb.start()
    assert slave.get('/v2/images').status_code == 200
    slave.glance.suspend()
    with pytest.raises(requests.exceptions.ReadTimeout):
        slave.get('/v2/images', timeout=0.5)
    slave.glance.resume()
    assert slave.get('/v2/images').status_code == 200
    [worker] = slave.glance.worker_pids()
    os.kill(worker, signal.SIGKILL)
    slave.glance.process.wait(lambda: worker not in slave.glance.worker_pids() and slave.glance.ready())
    assert slave.get('/v2/images').status_code == 200


def test_a_service_that_cannot_start_says_why(slave):
    slave.stop_glance()
    with pytest.raises(LabError, match='no_such_store'):
        slave.start_glance({'glance_store': {'default_backend': 'no_such_store'}})
    slave.start_glance({'glance_store': {'default_backend': 'lab'}})


def test_a_second_lab_at_once_and_nothing_left_after_an_exception(lab, slave, tmp_path):
    with pytest.raises(RuntimeError, match='on purpose'):
        with Lab(tmp_path / 'second') as second:
            cloud = second.cloud('slave')
            assert cloud.image('x', b'y')['status'] == 'active'
            assert not set(cloud.images()) & set(slave.images())
            pids = [second.guard.child.pid, *descendants(second.guard.child.pid)]
            assert len(pids) >= 5
            raise RuntimeError('on purpose')
    assert alive(pids) == [] and not (tmp_path / 'second').exists()
    with Lab(tmp_path / 'kept', keep=True):
        pass
    assert (tmp_path / 'kept').exists()


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGKILL], ids=['SIGTERM', 'SIGKILL'])
def test_nothing_left_when_the_tests_are_killed(number, tmp_path):
    script = textwrap.dedent('''
        import signal, sys
        sys.path.insert(0, %r)
        from %s import Lab
        lab = Lab(%r)
        sshd = lab.sshd()
        print(lab.guard.child.pid, sshd.process.pid, flush=True)
        signal.pause()
        ''') % (str(Path(__file__).parents[1]), 'lab', str(tmp_path / 'lab'))
    with subprocess.Popen([sys.executable, '-c', script], stdout=subprocess.PIPE, text=True) as tests:
        pids = [int(word) for word in tests.stdout.readline().split()]
        assert len(alive(pids)) == 2
        tests.send_signal(number)
    limit = time.monotonic() + 10
    while alive(pids) and time.monotonic() < limit:
        time.sleep(0.05)
    assert alive(pids) == [] and not (tmp_path / 'lab').exists()
