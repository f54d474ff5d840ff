"""Credentials: every shape of novarc that operators have opens the real Keystone; wrong ones say what is wrong."""

import pytest

from .conftest import project
from .unit import Unit

PASSWORDS = ["a=b", "a,b", "a$b", "a'b", 'a"b', 'a b  c', 'a\\b', '#a', 'a#b', '$HOME', 'p!`x', 'ünï']


@pytest.fixture(scope='module')
def users(clouds):
    """{password: user name} of administrators whose passwords need care."""
    master, made = clouds[0], {}
    for number, password in enumerate(PASSWORDS):
        name = 'admin%d' % number
        master.create_user(name, password, 'admin', role='admin')
        made[password] = name
    return made


def quoted(password, style):
    """The password as an operator writes it in one of three styles, None where the style cannot."""
    if style == 'single':
        return "'" + password.replace("'", "'\\''") + "'"
    if style == 'double':
        return '"' + ''.join('\\' + c if c in '\\"$`' else c for c in password) + '"'
    return None if password.startswith('$') or any(c in ' \\\'"#`' for c in password) else password


@pytest.mark.parametrize('password', PASSWORDS)
def test_passwords_with_awkward_characters(tmp_path, master, users, password):
    unit = Unit(tmp_path / 'unit', 'master', master)
    master.image('one', b'1')
    for style in ('single', 'double', 'bare'):
        written = quoted(password, style)
        if written is None:
            continue
        unit.novarc.write_text('OS_PASSWORD={}\nexport OS_PASSWORD\nexport OS_USERNAME={}\n{}'.format(
            written, users[password], plain(master)), encoding='utf-8')
        unit.run('dump', '--dry-run', expect=0)


def plain(cloud, **changes):
    """The rest of a novarc, with comments and without export."""
    values = dict(cloud.admin, **changes)
    for key in ('OS_USERNAME', 'OS_PASSWORD'):
        values.pop(key)
    return '# admin of {}\n'.format(cloud.region) + ''.join(
        '{}={}   # a comment\n'.format(key, value) for key, value in values.items() if value is not None)


def ids(cloud):
    """Names of a cloud's admin as IDs."""
    user = cloud.get('/v3/users?name=admin').json()['users'][0]
    return {'OS_USER_ID': user['id'], 'OS_PROJECT_ID': project(cloud, 'admin'), 'OS_USER_DOMAIN_ID': user['domain_id'],
            'OS_PROJECT_DOMAIN_ID': 'default'}


def variants(cloud):
    """(name, overrides of the novarc) that must all work."""
    known = ids(cloud)
    return [
        ('names', {}),
        ('ids', {'OS_USERNAME': None, 'OS_PROJECT_NAME': None, 'OS_USER_ID': known['OS_USER_ID'], 'OS_PROJECT_ID': known['OS_PROJECT_ID'],
                 'OS_USER_DOMAIN_NAME': None, 'OS_PROJECT_DOMAIN_NAME': None}),
        ('domain ids', {'OS_USER_DOMAIN_NAME': None, 'OS_PROJECT_DOMAIN_NAME': None, 'OS_USER_DOMAIN_ID': 'default',
                        'OS_PROJECT_DOMAIN_ID': 'default'}),
        ('no domain', {'OS_USER_DOMAIN_NAME': None, 'OS_PROJECT_DOMAIN_NAME': None}),
        ('tenant', {'OS_PROJECT_NAME': None, 'OS_TENANT_NAME': 'admin'}),
        ('no region', {'OS_REGION_NAME': None}),
        ('unversioned url', {'OS_AUTH_URL': cloud.auth_url.replace('/v3', '')}),
        ('url with a slash', {'OS_AUTH_URL': cloud.auth_url + '/'}),
        ('public interface', {'OS_INTERFACE': 'public'}),
        ('publicURL', {'OS_ENDPOINT_TYPE': 'publicURL'}),
    ]


@pytest.mark.parametrize('number', range(10))
def test_shapes_of_a_password_login(tmp_path, master, number):
    unit = Unit(tmp_path / 'unit', 'master', master)
    what, overrides = variants(master)[number]
    master.novarc(unit.novarc, **overrides)
    done = unit.run('dump', '--dry-run')
    assert done.code == 0, (what, done.err)


def test_application_credentials(tmp_path, master):
    user = master.get('/v3/users?name=admin').json()['users'][0]['id']
    made = master.post('/v3/users/{}/application_credentials'.format(user), json={
        'application_credential': {'name': 'sync-{}'.format(tmp_path.name), 'unrestricted': False}}).json()['application_credential']
    unit = Unit(tmp_path / 'unit', 'master', master)
    overrides = dict.fromkeys(('OS_USERNAME', 'OS_PASSWORD', 'OS_PROJECT_NAME', 'OS_USER_DOMAIN_NAME', 'OS_PROJECT_DOMAIN_NAME'))
    master.novarc(unit.novarc, OS_AUTH_TYPE='v3applicationcredential', OS_APPLICATION_CREDENTIAL_ID=made['id'],
                  OS_APPLICATION_CREDENTIAL_SECRET=made['secret'], **overrides)
    image = master.image('one', b'bits')
    unit.run('dump', expect=0)
    assert unit.bits() == [image['id']]
    master.novarc(unit.novarc, OS_APPLICATION_CREDENTIAL_ID=made['id'], OS_APPLICATION_CREDENTIAL_SECRET='wrong', **overrides)
    told = unit.run('dump', expect=2)
    assert 'refuses the credentials' in told.err and made['secret'] not in told.err


@pytest.fixture(scope='module')
def tls(lab):
    """A cloud whose endpoints speak TLS with a certificate of lab.ca."""
    return lab.cloud('secure', tls=True)


def test_tls_with_a_private_ca(tmp_path, lab, tls):
    tls.image('one', b'bits')
    unit = Unit(tmp_path / 'unit', 'master', tls, trusted_ssl_ca=lab.ca.pem)
    assert 'https://' in unit.novarc.read_text()
    unit.run('dump', expect=0)
    assert len(unit.bits()) == 1
    unit.set(trusted_ssl_ca=None)
    tls.novarc(unit.novarc, OS_CACERT=lab.ca.pem)
    unit.run('dump', expect=0)


def test_tls_with_a_wrong_or_missing_ca(tmp_path, lab, tls):
    unit = Unit(tmp_path / 'unit', 'master', tls, trusted_ssl_ca=lab.other_ca.pem)
    for ca in (lab.other_ca.pem, None):
        unit.set(trusted_ssl_ca=ca)
        told = unit.run('dump', expect=2)
        assert 'not trusted' in told.err and 'trusted_ssl_ca' in told.err and len(told.err.strip().splitlines()) == 1
    unit.set(trusted_ssl_ca=tmp_path / 'nothing.pem')
    told = unit.run('dump', expect=2)
    assert str(tmp_path / 'nothing.pem') in told.err and 'cannot be read' in told.err
    assert not (unit.data / 'manifest.json').exists()
