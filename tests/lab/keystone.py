"""Keystone: the identity service of one cloud, on a copy of the template's database."""
import base64
import os
from configparser import RawConfigParser
from pathlib import Path

from .uwsgi import Uwsgi


def write_ini(path, sections):
    """Write {section: {key: value}} as an oslo.config file, mode 0600; '$' is kept as it is."""
    parser = RawConfigParser()
    parser.optionxform = str
    for section, values in sections.items():
        if section != 'DEFAULT':
            parser.add_section(section)
        for key, value in values.items():
            parser.set(section, key, str(value).replace('$', '$$'))
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w', encoding='utf-8') as file:
        parser.write(file)


def merge(*settings):
    """Merge {section: {key: value}} dicts, later ones win; return a new one."""
    merged = {}
    for one in settings:
        for section, values in (one or {}).items():
            merged.setdefault(section, {}).update(values)
    return merged


def config(folder, connection):
    """Keystone's settings without addresses: what the template needs, too."""
    return {
        'DEFAULT': {'log_file': folder / 'keystone.log', 'use_stderr': 'false'},
        'database': {'connection': connection, 'sqlite_synchronous': 'false'},
        'cache': {'enabled': 'true', 'backend': 'oslo_cache.dict'},     # 0.4 s a call without
        'identity': {'password_hash_rounds': 4},                        # cheap: throw-away passwords
        'token': {'provider': 'fernet'},
        'fernet_tokens': {'key_repository': folder / 'fernet-keys'},
        'fernet_receipts': {'key_repository': folder / 'fernet-keys'},
        'credential': {'key_repository': folder / 'credential-keys'},
    }


def write_keys(folder):
    """Make the key repositories that keystone-manage fernet_setup would make."""
    for name in ('fernet-keys', 'credential-keys'):
        keys = Path(folder) / name
        keys.mkdir(mode=0o700)
        for number in '01':
            (keys / number).write_bytes(base64.urlsafe_b64encode(os.urandom(32)))
            (keys / number).chmod(0o600)


class Keystone(Uwsgi):
    """The service; options: {section: {key: value}} on top of ours."""

    def __init__(self, lab, name, folder, database, options=None):
        super().__init__(lab, 'keystone of ' + name, folder, 'keystone.wsgi.api:application',
                         {'OS_KEYSTONE_CONFIG_DIR': folder}, threads=database.threads,
                         options=options)
        self.database, self.public_url = database, self.address

    def configure(self, options=None):
        """Write keystone.conf; options are added for good."""
        self.options = merge(self.options, options)
        ours = config(self.folder, self.database.url)
        ours['DEFAULT']['public_endpoint'] = self.public_url
        write_ini(self.folder / 'keystone.conf', merge(ours, self.options))
