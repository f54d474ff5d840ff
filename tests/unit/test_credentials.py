"""Credentials: who we are, out of novarc's variables or the charm's one line; no secret in any message."""

import copy
import json
import logging
import traceback

import pytest
from hypothesis import assume, example, given, strategies as st
from unit.given import is_one_line

from glance_sync import credentials, novarc
from glance_sync.credentials import Secret
from glance_sync.errors import UsageError

HIDDEN = 'hunter2'
PASSWORD = {'OS_AUTH_URL': 'https://k:5000/v3', 'OS_USERNAME': 'u', 'OS_PASSWORD': HIDDEN, 'OS_PROJECT_NAME': 'p'}
APPLICATION = {'OS_AUTH_URL': 'https://k:5000/v3', 'OS_APPLICATION_CREDENTIAL_ID': 'i',
               'OS_APPLICATION_CREDENTIAL_SECRET': HIDDEN}


def identity(**changes):
    return credentials.identity(dict(PASSWORD, **changes), 'novarc')


def refused(values, call=credentials.identity):
    """Return the UsageError of `values` after checking that it is one line and holds no secret."""
    with pytest.raises(UsageError) as caught:
        call(values, 'novarc')
    assert is_one_line(caught.value) and str(caught.value).startswith('novarc: ')
    assert HIDDEN not in ''.join(traceback.format_exception(caught.value))
    return caught.value.what[len('novarc: '):]


# the secret

def test_a_secret_shows_in_no_way_but_one():
    secret = Secret(HIDDEN)
    assert secret.reveal() == HIDDEN
    record = logging.LogRecord('x', 10, 'x', 1, '%s %r', (secret, [secret]), None)
    try:
        raise ValueError(secret)
    except ValueError as error:
        trace = ''.join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    shown = [repr(secret), str(secret), '%s %r' % (secret, secret), '{} {!r} {!s}'.format(secret, secret, secret), f'{secret}',
             str(identity()), repr([secret]), record.getMessage(), repr(copy.deepcopy(secret)), trace.replace(repr(HIDDEN), '')]
    assert not [text for text in shown if HIDDEN in text and 'HIDDEN = ' not in text]
    for refuse in (lambda: json.dumps(secret), lambda: '{:>20}'.format(secret), lambda: secret + 'x', lambda: ''.join([secret])):
        with pytest.raises(TypeError) as caught:
            refuse()
        assert HIDDEN not in str(caught.value)


# OS_AUTH_URL in every shape

@pytest.mark.parametrize('url, found', [
    ('https://k:5000/v3', 'https://k:5000/v3'),
    ('https://k:5000/v3/', 'https://k:5000/v3'),
    ('https://k:5000', 'https://k:5000/v3'),
    ('https://k:5000/', 'https://k:5000/v3'),
    ('http://k:35357/v2.0', 'http://k:35357/v3'),
    ('http://k:35357/v2.0/', 'http://k:35357/v3'),
    ('http://k/identity', 'http://k/identity/v3'),
    ('http://k/identity/v3//', 'http://k/identity/v3'),
    ('HTTPS://k:5000', 'HTTPS://k:5000/v3'),
    ('http://[fe80::1]:5000/v3', 'http://[fe80::1]:5000/v3'),
    ('http://10.0.0.1:5000/v30', 'http://10.0.0.1:5000/v30/v3'),
])
def test_auth_url(url, found):
    assert identity(OS_AUTH_URL=url).auth_url == found


@pytest.mark.parametrize('url', ['k:5000', 'ftp://k', 'https://', 'http://k 5000', 'https://u:hunter2@k/v3', 'http://k:port/v3',
                                 'http://k:5000/v3?x',
                                 'hunter2', 'http://k:5000/v3, password=hunter2', 'http://k\nx'])
def test_no_auth_url(url):
    assert refused(dict(PASSWORD, OS_AUTH_URL=url)) == 'OS_AUTH_URL is no plain http or https URL'


# the rest of a password login

@pytest.mark.parametrize('changes, field, value', [
    ({}, 'interface', 'public'),
    ({'OS_INTERFACE': 'publicURL'}, 'interface', 'public'),
    ({'OS_INTERFACE': 'Internal'}, 'interface', 'internal'),
    ({'OS_ENDPOINT_TYPE': 'adminURL'}, 'interface', 'admin'),
    ({'OS_INTERFACE': 'internal', 'OS_ENDPOINT_TYPE': 'publicURL'}, 'interface', 'internal'),
    ({}, 'region', None),
    ({'OS_REGION_NAME': ''}, 'region', None),
    ({'OS_REGION_NAME': 'One'}, 'region', 'One'),
    # domains: by name, by ID, by default
    ({}, 'user_domain_name', 'Default'),
    ({}, 'project_domain_name', 'Default'),
    ({'OS_USER_DOMAIN_NAME': 'd'}, 'user_domain_name', 'd'),
    ({'OS_USER_DOMAIN_ID': 'd'}, 'user_domain_id', 'd'),
    ({'OS_USER_DOMAIN_ID': 'd'}, 'user_domain_name', None),
    ({'OS_PROJECT_DOMAIN_ID': 'd'}, 'project_domain_name', None),
    ({'OS_DEFAULT_DOMAIN_NAME': 'd'}, 'user_domain_name', 'd'),
    ({'OS_DEFAULT_DOMAIN_ID': 'd'}, 'project_domain_id', 'd'),
    ({'OS_DEFAULT_DOMAIN': 'default'}, 'user_domain_id', 'default'),        # python-openstackclient takes it for an ID
    ({'OS_DEFAULT_DOMAIN': 'default'}, 'user_domain_name', None),
    ({'OS_PROJECT_ID': 'i', 'OS_PROJECT_NAME': ''}, 'project_domain_name', None),
    ({'OS_USER_ID': 'i', 'OS_USERNAME': ''}, 'user_domain_name', None),
    # names of before
    ({'OS_PROJECT_NAME': '', 'OS_TENANT_NAME': 't'}, 'project_name', 't'),
    ({'OS_TENANT_ID': 't'}, 'project_id', 't'),
    # the CA
    ({}, 'cacert', '/bundle'),
    ({'OS_CACERT': ''}, 'cacert', '/bundle'),
    ({'OS_CACERT': '/ca.pem'}, 'cacert', '/ca.pem'),
])
def test_field(changes, field, value):
    found = credentials.identity(dict(PASSWORD, **changes), 'novarc', '/bundle')
    assert getattr(found, field) == value
    assert found.password.reveal() == HIDDEN


@pytest.mark.parametrize('values, says', [
    ({}, 'OS_AUTH_URL is missing; OS_USERNAME is missing; OS_PASSWORD is missing; OS_PROJECT_NAME is missing'),
    (dict(PASSWORD, OS_PASSWORD=''), 'OS_PASSWORD is missing'),
    (dict(PASSWORD, OS_PROJECT_NAME=''), 'OS_PROJECT_NAME is missing'),
    (dict(PASSWORD, OS_INTERFACE='pub'), 'OS_INTERFACE "pub" is none of public, internal, admin'),
    (dict(PASSWORD, OS_CACERT='ca.pem'), 'OS_CACERT "ca.pem" is no absolute path'),
    (dict(PASSWORD, OS_CACERT='~/ca.pem'), 'OS_CACERT "~/ca.pem" is no absolute path'),
    (dict(PASSWORD, OS_AUTH_TYPE='v3token'), 'OS_AUTH_TYPE "v3token" is none of password, v3password, v3applicationcredential'),
    (dict(PASSWORD, OS_AUTH_TYPE='v3ApplicationCredential'), 'OS_APPLICATION_CREDENTIAL_SECRET is missing; '
     'OS_APPLICATION_CREDENTIAL_ID is missing (or its NAME with OS_USERNAME)'),
    (dict(APPLICATION, OS_APPLICATION_CREDENTIAL_SECRET=''), 'OS_APPLICATION_CREDENTIAL_SECRET is missing'),
    ({'OS_AUTH_URL': 'http://k', 'OS_APPLICATION_CREDENTIAL_NAME': 'n', 'OS_APPLICATION_CREDENTIAL_SECRET': HIDDEN},
     'OS_APPLICATION_CREDENTIAL_ID is missing (or its NAME with OS_USERNAME)'),
])
def test_all_that_is_wrong_in_one_line(values, says):
    assert refused(values) == says


def test_clouds_yaml_is_not_read():
    assert refused({'OS_CLOUD': 'mine'}).startswith('OS_CLOUD and clouds.yaml are not read here, and OS_AUTH_URL is missing; ')
    assert identity(OS_CLOUD='mine').username == 'u'        # a whole novarc wins


def test_application_credentials():
    found = credentials.identity(APPLICATION, 'novarc')
    assert (found.app_id, found.app_secret.reveal(), found.password) == ('i', HIDDEN, None)
    named = dict(APPLICATION, OS_APPLICATION_CREDENTIAL_ID='', OS_APPLICATION_CREDENTIAL_NAME='n', OS_USERNAME='u')
    assert credentials.identity(named, 'novarc').user_domain_name == 'Default'


def test_the_type_decides_when_both_are_there():
    both = dict(PASSWORD, **APPLICATION)
    assert credentials.identity(both, 'novarc').app_secret is not None
    assert credentials.identity(dict(both, OS_AUTH_TYPE='password'), 'novarc').app_secret is None


# the database

WHOLE = {'MYSQL_HOST': 'h', 'MYSQL_USER': 'u', 'MYSQL_PASSWORD': HIDDEN}


def test_login():
    assert credentials.login({}, 'novarc') is None
    assert credentials.login({'MYSQL_HOST': '', 'OS_USERNAME': 'u'}, 'novarc') is None      # all empty: none
    found = credentials.login(WHOLE, 'novarc')
    assert found[:3] == ('h', 3306, 'u') and found.database == 'glance' and found.password.reveal() == HIDDEN
    found = credentials.login(dict(WHOLE, MYSQL_PORT='3307', MYSQL_DATABASE='g'), 'novarc')
    assert (found.port, found.database) == (3307, 'g')


@pytest.mark.parametrize('values, says', [
    ({'MYSQL_HOST': 'h'}, 'MYSQL_USER, MYSQL_PASSWORD are missing'),
    ({'MYSQL_PASSWORD': HIDDEN}, 'MYSQL_HOST, MYSQL_USER are missing'),
    (dict(WHOLE, MYSQL_PASSWORD=''), 'MYSQL_PASSWORD is missing'),
    ({'MYSQL_DATABASE': 'g'}, 'MYSQL_HOST, MYSQL_USER, MYSQL_PASSWORD are missing'),
] + [(dict(WHOLE, MYSQL_PORT=port), 'MYSQL_PORT is no port') for port in ('x', '0', '65536', '-1', '3306 3307', '٣٣٠٦', '1e3')])
def test_no_login(values, says):
    assert refused(values, credentials.login) == says


# the charm's one line

LINE = 'username=foo, password={}, project=baz, region=Region1, auth_url=https://k:5000/v3, domain=Default'


def test_master_creds():
    found = credentials.master_creds(LINE.format('bar'), 'creds', '/ca.pem')
    assert found._replace(password=None) == credentials.Identity(
        'https://k:5000/v3', 'Region1', 'public', '/ca.pem', 'foo', None, None, 'Default', None, 'baz', None, 'Default', None,
        None, None, None)


@pytest.mark.parametrize('line', [
    'username=u,password=hunter2,project=p,auth_url=http://k',              # no blanks
    ' username = u , password = hunter2 , project = p , auth_url = http://k , \n',
    'auth_url=http://k, project=p, username=u, password=hunter2',           # any order
    'username=u\npassword=hunter2\nproject=p\nauth_url=http://k\n',         # one a line
    'username=u,\n  password=hunter2,\n  project=p,\r\n  auth_url=http://k,\n',
])
def test_master_creds_as_people_write_them(line):
    found = credentials.master_creds(line, 'creds')
    assert (found.username, found.password.reveal(), found.project_name, found.auth_url) == ('u', HIDDEN, 'p', 'http://k/v3')


@given(st.text(min_size=1) | st.text(st.sampled_from(',= \'"$#\\abc'), min_size=1))
@example('a, b=c,d, domain')
@example('a,')
@example(',,username ,=')
@example('"quoted, too"')
def test_any_password_comes_through(password):
    assume(password == password.strip() and '\n' not in password)
    for key in credentials.MASTER_KEYS:
        assume(not (key + '=') in ''.join(password.split()))
    for line in (LINE.format(password), 'auth_url=http://k, username=u, project=p, password=' + password):
        assert credentials.master_creds(line, 'creds').password.reveal() == password


@pytest.mark.parametrize('line, says', [
    ('', 'lacks username, password, project, auth_url'),
    (HIDDEN, 'does not begin with one of'),
    ('user=u, password=hunter2', 'does not begin with one of'),
    ('username=u, pasword=hunter2, project=p, auth_url=http://k', 'has an unknown key "pasword" after username'),
    ('username=u, password=hunter2, project=p, auth-url=http://hunter2', 'has an unknown key "auth-url" after project'),
    ('username=u\npasswd=hunter2', 'has an unknown key "passwd" after username'),
    ('username=u, password=hunter2, username=v', 'has username twice'),
    ('username=u, password=hunter2', 'lacks project, auth_url'),
    ('username=u, password=, project=p, auth_url=http://k', 'lacks password'),
    ('username=u, password=hunter2\nmore, project=p, auth_url=http://k', 'password in master_creds has a line break'),
    ('username=u, password=hunter2, project=p, auth_url=hunter2', 'auth_url is no plain http or https URL'),
    ('username=u, password=hunter2, project=p, auth_url=http://k, interface=x', 'interface "x" is none of public'),
])
def test_no_master_creds(line, says):
    assert says in refused(line, credentials.master_creds)


@given(st.lists(st.sampled_from(list(credentials.MASTER_KEYS) + ['=', ',', '\n', ' ', HIDDEN, 'http://k/']),
                max_size=24).map(''.join))
def test_no_line_tells_the_password(line):
    line = 'password={}, '.format(HIDDEN) + line.replace(HIDDEN, 'x')
    try:
        found = credentials.master_creds(line, 'novarc')
    except UsageError as error:
        assert HIDDEN not in str(error) and is_one_line(error)
    else:
        assert HIDDEN in found.password.reveal() and HIDDEN not in str(found)


def test_novarc_to_identity():
    text = "export OS_AUTH_URL=http://k:5000/v2.0\nexport OS_USERNAME=u OS_TENANT_NAME=p\n"
    text += "export OS_PASSWORD='it'\\''s $5, a=b #1'\n"
    assert credentials.identity(novarc.parse(text, 'novarc'), 'novarc').password.reveal() == "it's $5, a=b #1"
