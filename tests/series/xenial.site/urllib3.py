"""urllib3 as on xenial, where requests.packages.urllib3 is the system's urllib3: here both are the copy in requests."""

import importlib
import pkgutil
import sys

bundled = importlib.import_module('requests.packages.urllib3')
for _, name, _ in pkgutil.walk_packages(bundled.__path__, 'requests.packages.urllib3.'):
    if '.contrib' not in name and not name.endswith('.ordered_dict'):       # optional, and Python 2's
        sys.modules[name[len('requests.packages.'):]] = importlib.import_module(name)
sys.modules['urllib3'] = bundled
