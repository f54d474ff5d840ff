"""Glance: the image service of one cloud, with a file store."""
from pathlib import Path

from .keystone import merge, write_ini
from .uwsgi import Uwsgi, program


def config(folder, connection):
    """Glance's settings without Keystone: what the template needs, too."""
    return {
        'DEFAULT': {'log_file': folder / 'glance.log', 'use_stderr': 'false',
                    'enabled_backends': 'lab:file',
                    'node_staging_uri': 'file://%s' % (folder / 'staging')},
        'database': {'connection': connection, 'sqlite_synchronous': 'false'},
        'glance_store': {'default_backend': 'lab'},
        'lab': {'filesystem_store_datadir': folder / 'store'},
        'os_glance_staging_store': {'filesystem_store_datadir': folder / 'staging'},
        'os_glance_tasks_store': {'filesystem_store_datadir': folder / 'tasks'},
    }


class Glance(Uwsgi):
    """The service; options: {section: {key: value}} on top of ours; store: another folder for its images."""

    def __init__(self, lab, name, folder, database, workers=1, threads=None, options=None, store=None):
        super().__init__(lab, 'glance of ' + name, folder, 'glance.wsgi.api:application',
                         {'OS_GLANCE_CONFIG_DIR': folder}, workers, threads or database.threads,
                         options)
        self.database, self.public_url = database, self.address
        self.authtoken = {}
        self.store = Path(store or self.folder / 'store')
        for part in (self.store, self.folder / 'staging', self.folder / 'tasks'):
            part.mkdir(mode=0o700, exist_ok=True)

    def configure(self, options=None):
        """Write glance-api.conf; options are added for good."""
        self.options = merge(self.options, options)
        ours = config(self.folder, self.database.url)
        ours['lab'] = {'filesystem_store_datadir': self.store}
        if self.public_url != self.address:
            ours['DEFAULT']['public_endpoint'] = self.public_url
        ours['paste_deploy'] = {'flavor': 'keystone',
                                'config_file': Path(program('uwsgi')).parents[1] / 'etc/glance/glance-api-paste.ini'}
        ours['keystone_authtoken'] = self.authtoken
        write_ini(self.folder / 'glance-api.conf', merge(ours, self.options))
