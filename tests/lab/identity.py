"""Identity: domains, projects, users, roles and the catalogue of one cloud, through Keystone's API."""
from .template import BOOTSTRAP


class Identity:
    """What tests do in Keystone, as the cloud's administrator (a Client)."""

    def __init__(self, client):
        self.client = client

    def make(self, kind, **values):
        """POST one thing ('project', 'user', 'domain', ...); return its id."""
        path = {'registered_limit': 'registered_limits'}.get(kind, kind + 's')
        return self.client.post('/v3/' + path, json={kind: values}).json()[kind]['id']

    def find(self, kind, name, **filters):
        """Id of the thing of that name, or name itself when it is an id already."""
        found = self.client.get('/v3/%ss' % kind, params=dict(filters, name=name)).json()[kind + 's']
        return found[0]['id'] if found else name

    def create_domain(self, name):
        """Make a domain; return its id."""
        return self.make('domain', name=name)

    def create_project(self, name, domain='Default'):
        """Make a project in a domain (name or id); return its id."""
        return self.make('project', name=name, domain_id=self.find('domain', domain))

    def create_user(self, name, password, project=None, role='member', domain='Default'):
        """Make a user with one role in a project (name or id, in the same domain); return the user's id."""
        domain_id = self.find('domain', domain)
        user_id = self.make('user', name=name, password=password, domain_id=domain_id)
        if project:
            self.grant(user_id, self.find('project', project, domain_id=domain_id), role)
        return user_id

    def grant(self, user_id, project_id, role):
        """Give a user a role in a project."""
        self.client.put('/v3/projects/%s/users/%s/roles/%s' % (project_id, user_id, self.find('role', role)))

    def take_over(self, admin_password, glance_password):
        """Replace the template's administrator by this cloud's own admin and service accounts."""
        self.create_project('admin')
        self.create_project('service')
        self.create_user('admin', admin_password, 'admin', 'admin')
        user_id = self.create_user('glance', glance_password, 'service', 'admin')
        self.grant(user_id, self.find('project', 'service'), 'service')

    def forget_template(self):
        """Delete the template's administrator; its project has the same id in every cloud."""
        self.client.delete('/v3/users/' + self.find('user', BOOTSTRAP))
        self.client.delete('/v3/projects/' + self.find('project', BOOTSTRAP))

    def register(self, region, services):
        """Write the catalogue: services is {type: {interface: url}}."""
        self.make('region', id=region)
        for kind, interfaces in services.items():
            service_id = self.make('service', type=kind, name={'identity': 'keystone', 'image': 'glance'}[kind])
            for interface, url in interfaces.items():
                self.make('endpoint', service_id=service_id, interface=interface, url=url, region_id=region)
