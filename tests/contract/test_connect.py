"""The way into a cloud: TLS, credentials, regions; each thing that is wrong has its one clear line."""

import pytest
from glance_sync.errors import GlanceSyncError, Unreachable, UsageError
from keystoneauth1.identity import v3

from .bits import fetched
from .images import one_line
from .sides import identity, offer, open_cloud

HAS_APPLICATIONS = hasattr(v3, 'ApplicationCredential')     # xenial's keystoneauth has none


def refusal(kind, values, cacert=None, **changed):
    """Return the text of the error that opening a cloud raises."""
    with pytest.raises(kind) as caught:
        open_cloud(values, cacert, **dict({'timeout': 5}, **changed))
    assert type(caught.value) is kind and one_line(caught.value)
    assert values['OS_PASSWORD'] not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def admin(document):
    """OS_* of the plain cloud's administrator."""
    return document['admin']


@pytest.fixture
def tls(document):
    """What the document tells of the TLS cloud."""
    return document['tls']


def test_tls_with_the_right_ca(tls):
    cloud = open_cloud(tls['admin'], tls['ca'])
    image = offer(cloud, b'bits' * 70000)
    assert image['id'] in cloud.images.list()[0]
    assert fetched(cloud, image['id']) == (0, b'bits' * 70000)
    assert cloud.directory().own == image['owner']
    cloud.images.delete(image['id'])


def test_os_cacert_counts_before_trusted_ssl_ca(tls):
    assert open_cloud(tls['admin'], tls['other_ca'], OS_CACERT=tls['ca']).origin['region'] == tls['admin']['OS_REGION_NAME']


@pytest.mark.parametrize('ca', ['other_ca', None])
def test_tls_with_a_ca_that_did_not_sign(tls, ca):
    text = refusal(UsageError, tls['admin'], tls[ca] if ca else None)
    assert 'trusted_ssl_ca' in text and tls['admin']['OS_AUTH_URL'] in text


def test_ca_that_is_not_there(tls, tmp_path):
    path = str(tmp_path / 'none.pem')
    assert path in refusal(UsageError, tls['admin'], path)


def test_ca_that_is_no_ca(tls, tmp_path):
    path = tmp_path / 'odd.pem'
    path.write_text('not a certificate')
    text = refusal(UsageError, tls['admin'], str(path))
    assert str(path) in text and 'trusted_ssl_ca' in text


@pytest.mark.parametrize('changed', [
    {'OS_PASSWORD': 'wrong'}, {'OS_USERNAME': 'nobody'}, {'OS_PROJECT_NAME': 'nowhere'}, {'OS_PROJECT_NAME': 'tenant-a'},
    {'OS_USER_DOMAIN_NAME': 'nowhere'}, {'OS_USERNAME': 'joe', 'OS_PASSWORD': 'wrong'}],
    ids=lambda changed: '-'.join(sorted(changed.values())))
def test_credentials_that_keystone_refuses(admin, changed):
    text = refusal(UsageError, admin, **changed)
    assert admin['OS_AUTH_URL'] in text and changed.get('OS_USERNAME', 'admin') in text and 'wrong' not in text


def test_no_such_region(admin):
    text = refusal(UsageError, admin, OS_REGION_NAME='Atlantis')
    assert 'Atlantis' in text and 'OS_REGION_NAME' in text


def test_no_region_where_there_are_several(admin):
    text = refusal(UsageError, admin, OS_REGION_NAME=None)
    assert admin['OS_REGION_NAME'] in text and 'OS_REGION_NAME' in text


def test_no_region_where_there_is_one(tls):
    assert open_cloud(tls['admin'], tls['ca'], OS_REGION_NAME=None).origin == open_cloud(tls['admin'], tls['ca']).origin


def test_no_such_interface(admin):
    assert 'internal' in refusal(UsageError, admin, OS_INTERFACE='internal', OS_REGION_NAME='queens')


def test_keystone_that_nobody_runs(admin, document):
    text = refusal(Unreachable, admin, OS_AUTH_URL='http://127.0.0.1:{}/v3'.format(document['closed']))
    assert 'connection refused' in text


def test_keystone_that_has_no_name(admin):
    refusal(Unreachable, admin, OS_AUTH_URL='http://keystone.invalid:5000/v3')


def test_keystone_that_does_not_answer(admin, document):
    assert 'timed out' in refusal(Unreachable, admin, OS_AUTH_URL=document['silent'], timeout=0.2)


def test_keystone_that_is_something_else(admin, document):
    with pytest.raises(GlanceSyncError) as caught:
        open_cloud(admin, OS_AUTH_URL=document['eventlet'])
    assert one_line(caught.value) and document['eventlet'] in str(caught.value)


def test_plain_http_to_a_tls_port(tls):
    text = refusal(Unreachable, dict(tls['admin'], OS_AUTH_URL=tls['admin']['OS_AUTH_URL'].replace('https:', 'http:')))
    assert tls['admin']['OS_AUTH_URL'].split('//')[1] in text


def test_application_credentials(document, admin):
    values = dict(document['application'], OS_PASSWORD=document['application']['OS_APPLICATION_CREDENTIAL_SECRET'])
    if HAS_APPLICATIONS:
        cloud = open_cloud(values, OS_PASSWORD=None)
        assert cloud.origin == open_cloud(admin).origin and cloud.directory().own == document['projects']['admin']
        changed = {'OS_APPLICATION_CREDENTIAL_SECRET': 'wrong'}
        assert values['OS_APPLICATION_CREDENTIAL_ID'] in refusal(UsageError, values, **changed)
    else:
        assert 'too old for application credentials' in refusal(UsageError, values)


def test_origin_tells_clouds_and_regions_apart(admin, tls):
    origins = [open_cloud(admin), open_cloud(admin, OS_REGION_NAME='queens'), open_cloud(tls['admin'], tls['ca'])]
    assert len({cloud.origin['id'] for cloud in origins}) == 3
    assert [cloud.origin['region'] for cloud in origins] == [admin['OS_REGION_NAME'], 'queens', tls['admin']['OS_REGION_NAME']]


def test_secrets_are_in_no_repr(admin):
    assert admin['OS_PASSWORD'] not in repr(identity(admin))
