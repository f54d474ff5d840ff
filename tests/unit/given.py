"""Given things: one record as JSON, and Hypothesis strategies for whole ones."""

from hypothesis import strategies as st

from glance_sync import records
from glance_sync.records import Member, Project, Record

ID = '0a1b2c3d-0000-4000-8000-00000000000f'
OTHER = '0a1b2c3d-0000-4000-8000-0000000000ff'

TEXT = st.text(st.characters(exclude_categories=['Cs']), max_size=12)
HEX = st.text('0123456789abcdef', min_size=128, max_size=128)


def image(**fields):
    """Return one image as the manifest holds it, with `fields` in place of its own."""
    found = {
        'id': ID, 'name': 'jammy', 'status': 'active', 'visibility': 'public', 'os_hidden': False, 'protected': False,
        'owner': {'project': 'admin', 'domain': 'Default'}, 'members': [], 'container_format': 'bare',
        'disk_format': 'qcow2', 'min_disk': 0, 'min_ram': 0, 'size': 5, 'virtual_size': None, 'checksum': 'a' * 32,
        'os_hash_algo': 'sha512', 'os_hash_value': 'b' * 128, 'sha512': 'b' * 128, 'tags': ['golden'],
        'properties': {'os_distro': 'ubuntu'}, 'created_at': '2020-01-01T00:00:00Z', 'updated_at': None}
    found.update(fields)
    return found


def record(**fields):
    """Return one Record, with `fields` in place of its own."""
    return records.from_json(image())._replace(**fields)


PROJECTS = st.builds(Project, TEXT, TEXT)
NAMES = TEXT.filter(lambda name: not records.is_reserved(name))
RECORDS = st.builds(
    Record, id=st.uuids().map(str), name=st.none() | TEXT, status=st.sampled_from(records.STATUSES),
    visibility=st.sampled_from(records.VISIBILITIES), os_hidden=st.booleans(), protected=st.booleans(),
    owner=st.none() | PROJECTS,
    members=st.lists(st.builds(Member, TEXT, TEXT, st.sampled_from(records.MEMBER_STATUSES)), max_size=3,
                     unique_by=lambda one: one[:2]).map(sorted).map(tuple),
    container_format=st.none() | TEXT, disk_format=st.none() | TEXT, min_disk=st.integers(0, 2 ** 31 - 1),
    min_ram=st.integers(0, 2 ** 31 - 1), size=st.integers(0, 2 ** 50), virtual_size=st.none() | st.integers(0, 2 ** 60),
    checksum=st.none() | HEX.map(lambda text: text[:32]), os_hash_algo=st.none() | st.just('sha256'),
    os_hash_value=st.none() | HEX, sha512=HEX, tags=st.sets(TEXT, max_size=3).map(sorted).map(tuple),
    properties=st.dictionaries(NAMES, TEXT, max_size=3), created_at=st.none() | TEXT, updated_at=st.none() | TEXT)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8)


def is_one_line(error):
    """Return whether an error reads as one printable line that ends in a remedy."""
    return str(error).isprintable() and bool(error.what) and bool(error.remedy) and str(error).endswith(error.remedy)
