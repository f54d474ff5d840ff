"""Projects: names that two clouds share, IDs that they do not."""

from .errors import UsageError
from .records import Project, label
from .text import shown


class Directory:
    """The projects of one cloud, by ID and by name and domain.

    projects: {project ID: Project}; own: the ID of the project that we ourselves act in.
    """

    def __init__(self, projects, own):
        self._by_id = dict(projects)
        self._by_name = {project: project_id for project_id, project in self._by_id.items()}
        self.own = own

    def project(self, project_id):
        """Return the Project with that ID, None when this cloud has none."""
        return self._by_id.get(project_id)

    def project_id(self, project):
        """Return the ID of a Project (name and domain), None when this cloud has none."""
        return None if project is None else self._by_name.get(project)

    def name(self, project_id):
        """Return project@domain for people; the bare ID when this cloud does not know it."""
        project = self.project(project_id)
        return shown(project_id) if project is None else label(project)


class ProjectMap:
    """Which project of the slave stands for which of the master, where the names differ."""

    def __init__(self, pairs=()):
        self._map = dict(pairs)

    def translate(self, project):
        """Return the slave's Project for a master's Project (None stays None)."""
        return self._map.get(project, project)


def parse(text):
    """Return the ProjectMap in `text`: `project@domain -> project@domain`, several by commas or lines.

    Raises UsageError that quotes the part which does not parse.
    """
    pairs = {}
    for part in text.replace('\n', ',').split(','):
        if not part.strip():
            continue
        left, arrow, right = part.partition('->')
        if not arrow or '->' in right:
            raise UsageError('project_map: "{}" has {} ->'.format(shown(part.strip()), 'more than one' if arrow else 'no'), _EXAMPLE)
        source = _project(left, part)
        if source in pairs:
            raise UsageError('project_map: {} stands twice'.format(shown(label(source))), 'keep one of the two')
        pairs[source] = _project(right, part)
    return ProjectMap(pairs)


_EXAMPLE = 'write master_project@domain -> slave_project@domain'


def _project(text, part):
    name, at, domain = (word.strip() for word in text.rpartition('@'))
    if not at or not name or not domain:
        raise UsageError('project_map: "{}" does not name project@domain on both sides'.format(shown(part.strip())), _EXAMPLE)
    return Project(name, domain)
