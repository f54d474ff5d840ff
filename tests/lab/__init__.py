"""A lab of real OpenStack clouds on loopback, for tests and demonstrations.

    with Lab(folder) as lab:
        master, slave = lab.clouds(master={}, slave={'database': 'mariadb'})
        image = master.image('cirros', b'bits', visibility='public')

Real Keystone, Glance, MariaDB, sshd and stunnel; nothing is faked but what a proxy is told to. What each
part can do is in its module: cloud, images, identity, client, sshd, tls, proxy, oldglance.
"""
from .errors import LabError
from .laboratory import Lab
from .message import Cut
from .oldglance import OldGlance

__all__ = ['Cut', 'Lab', 'LabError', 'OldGlance']
