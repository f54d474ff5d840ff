"""The stage: a Lab with two clouds and the faults that the contract needs, told in one JSON document (LAB_CLOUD).

Runs under the lab's Python only; what reads the document (sides.py) runs under every series'. Each fault is a region
of the plain cloud's Keystone, whose image endpoint is a proxy in front of the one Glance: see REGIONS.
"""

import itertools
import socket
import sys
from contextlib import contextmanager
from pathlib import Path

from lab import Cut, Lab, OldGlance
from lab.ports import listening

from .sides import CUT_AT

CAP = 3 << 20               # image_size_cap of the TLS cloud
OLD = ('mitaka', 'ocata', 'queens', 'rocky', 'stein')
PASSWORD = "p,=$ '\"w"


def is_file(request, method):
    """Whether a request moves bits."""
    return request.method == method and request.path.endswith('/file')


def no_range(request):
    """A store that serves no ranges: the whole body, always."""
    del request.headers['Range']


def refuse_range(request):
    """A store that refuses ranges."""
    return (400, {}, b'ranges are not supported') if is_file(request, 'GET') and 'Range' in request.headers else None


def cut(request):
    """A connection that breaks during a download."""
    return Cut(down=CUT_AT) if is_file(request, 'GET') else None


def redirect(request):
    """A server that has moved, for uploads."""
    return (307, {'Location': 'http://127.0.0.1:9/elsewhere'}, b'') if is_file(request, 'PUT') else None


def garbage(_request):
    """A web page in place of Glance."""
    return 200, {'Content-Type': 'text/html'}, b'<html>Welcome</html>'


def busy(request):
    """A load balancer whose Glance is down for writes."""
    return (503, {'Retry-After': '0'}, b'<h1>503 Service Unavailable</h1>') if request.method != 'GET' else None


def every_other(answer, wanted):
    """A rule that gives this answer to the first, third, ... request that is wanted."""
    counter = itertools.count()

    def rule(request):
        return answer if wanted(request) and next(counter) % 2 == 0 else None
    return rule


REGIONS = {
    'no-range': no_range, 'refuse-range': refuse_range, 'cut': cut, 'redirect': redirect, 'garbage': garbage, 'busy': busy,
    'flaky': every_other((502, {}, b'bad gateway'), lambda request: request.method == 'GET'),
    'expired': every_other((401, {}, b'expired'), lambda request: '/images/' in request.path),
}


@contextmanager
def staged(folder):
    """Start everything below `folder`; yield the document."""
    with Lab(folder) as lab:
        plain, tls = lab.clouds(plain={'database': 'mariadb'}, tls={
            'tls': True, 'glance_options': {'DEFAULT': {'image_size_cap': CAP}}})
        closed = lab.ports.free()
        with socket.socket() as silent:
            silent.bind(('127.0.0.1', 0))
            silent.listen(128)          # takes connections, never answers
            silence = 'http://127.0.0.1:%d' % silent.getsockname()[1]
            eventlet = start_eventlet(lab)
            add_regions(lab, plain, {'eventlet': eventlet, 'closed': 'http://127.0.0.1:%d' % closed, 'silent': silence})
            yield dict(accounts(plain), cap=CAP, eventlet=eventlet, silent=silence, closed=closed, mysql=plain.database, tls={
                'admin': tls.admin, 'ca': str(lab.ca.pem), 'other_ca': str(lab.other_ca.pem)})


def add_regions(lab, cloud, others):
    """Give the cloud's image service an endpoint in each region of REGIONS, OLD and `others` ({region: URL})."""
    targets = {name: lab.proxy(cloud.glance.address, rules).url for name, rules in REGIONS.items()}
    targets.update((name, lab.proxy(cloud.glance.address, OldGlance(name)).url) for name in OLD)
    targets.update(others)
    service = cloud.identity.find('service', 'glance')
    for region, url in targets.items():
        cloud.identity.make('region', id=region)
        cloud.identity.make('endpoint', service_id=service, interface='public', url=url, region_id=region)


def start_eventlet(lab):
    """Start eventlet_glance.py; return its address."""
    port = lab.ports.free()
    script = Path(__file__).with_name('eventlet_glance.py')
    process = lab.guard.start('eventlet', [sys.executable, '-W', 'ignore', script, port], lab.folder / 'eventlet.log')
    process.wait(lambda: listening(port))
    return 'http://127.0.0.1:%d' % port


def accounts(cloud):
    """Make projects, users and an application credential; return what the document tells of them."""
    projects = {name: cloud.create_project(name) for name in ('tenant-a', 'tenant-b')}
    cloud.create_domain('other')
    projects['twin'] = cloud.create_project('tenant-a', domain='other')
    projects['admin'] = cloud.api.project_id
    users = {}
    for name, project, role in (('joe', 'tenant-a', 'member'), ('ann', 'tenant-b', 'member'), ('rita', 'tenant-a', 'reader')):
        cloud.create_user(name, PASSWORD, project, role)
        users[name] = dict(cloud.admin, OS_USERNAME=name, OS_PASSWORD=PASSWORD, OS_PROJECT_NAME=project)
    path = '/v3/users/%s/application_credentials' % cloud.api.user_id
    made = cloud.post(path, json={'application_credential': {'name': 'contract'}}).json()['application_credential']
    application = {'OS_AUTH_URL': cloud.auth_url, 'OS_REGION_NAME': cloud.region,
                   'OS_APPLICATION_CREDENTIAL_ID': made['id'], 'OS_APPLICATION_CREDENTIAL_SECRET': made['secret']}
    return {'admin': cloud.admin, 'users': users, 'projects': projects, 'application': application}
