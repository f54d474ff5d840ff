"""The contract of Images.patch."""

import pytest
from glance_sync.errors import Conflict, Failure, Forbidden, NotThere

from .images import NO_ID, one_line

BASE = {'name': None, 'visibility': 'public', 'owner': 'somebody', 'protected': True, 'os_hidden': True, 'min_disk': 4, 'min_ram': 5,
        'tags': ['x', 'y']}
READ_ONLY = ('checksum', 'size', 'virtual_size', 'status', 'id', 'self', 'file', 'schema', 'direct_url', 'created_at', 'updated_at',
             'os_hash_algo', 'os_hash_value', 'location', 'deleted', 'os_glance_importing')
UNFIT = [('name', 'n' * 256), ('visibility', 'secret'), ('min_disk', -1), ('tags', ['t' * 256]), ('here', 3), ('here', None),
         ('here', 'x' * 65536), ('name', '\U0001f600'), ('Here', 'equal but for case')]


def operation(op, name, *value):
    """One JSON patch operation; the name becomes a pointer."""
    found = {'op': op, 'path': '/' + name.replace('~', '~0').replace('/', '~1')}
    return dict(found, value=value[0]) if value else found


def refused(side, image, operations):
    """Try each operation alone on an image; return {path: class of the error}."""
    found = {}
    for one in operations:
        try:
            side.admin.images.patch(image['id'], [one])
        except Failure as error:
            found[one['path']] = type(error)
            assert one_line(error)
    return found


class ChangesContract:
    """patch."""

    @pytest.mark.parametrize('op', ['replace', 'add'])
    def test_base_attributes_change_whatever_the_status(self, side, op):
        for data in (None, b'bits'):
            image = side.image(data, name='before', tags=['old'])
            after = side.admin.images.patch(image['id'], [operation(op, name, BASE[name]) for name in sorted(BASE)])
            assert dict(after, tags=0) == dict(side.admin.images.get(image['id']), tags=0)
            for field in set(image) - {'updated_at', 'tags'}:
                assert after[field] == BASE.get(field, image[field])
            assert sorted(after['tags']) == BASE['tags']
            side.admin.images.patch(image['id'], [operation('replace', 'protected', False)])

    def test_properties_come_change_and_go(self, side):
        image_id = side.image(kept='k', gone='g')['id']
        side.admin.images.patch(image_id, [
            operation('add', 'new/~1 x', 'n'), operation('add', 'kept', 'K'), operation('remove', 'gone')])
        after = side.admin.images.patch(image_id, [operation('replace', 'new/~1 x', '')])
        assert (after['new/~1 x'], after['kept'], after.get('gone')) == ('', 'K', None)

    @pytest.mark.parametrize('op, value', [('replace', ('x',)), ('remove', ())])
    def test_what_is_missing_is_a_conflict_and_the_whole_patch_is_void(self, side, op, value):
        image = side.image(b'bits')
        with pytest.raises(Conflict) as caught:
            side.admin.images.patch(image['id'], [operation('add', 'first', 'x'), operation(op, 'missing', *value)])
        assert one_line(caught.value)
        assert side.admin.images.get(image['id']) == image

    def test_names_that_are_glances_own(self, side):
        image = side.image()
        assert refused(side, image, [operation('add', name, 'x') for name in READ_ONLY]) == {'/' + name: Forbidden for name in READ_ONLY}
        assert side.admin.images.get(image['id']) == image

    def test_base_attributes_cannot_be_removed(self, side):
        names = sorted(BASE) + ['disk_format']
        image = side.image()
        assert refused(side, image, [operation('remove', name) for name in names]) == {'/' + name: Forbidden for name in names}

    def test_values_that_do_not_fit(self, side):
        image = side.image(here='x')
        for name, value in UNFIT:
            assert refused(side, image, [operation('add', name, value)]) == {'/' + name: Failure}
        assert side.admin.images.get(image['id']) == image

    def test_formats_are_frozen_once_there_are_bits(self, side):
        queued, active = side.image()['id'], side.image(b'bits')['id']
        change = [operation('replace', 'disk_format', 'qcow2'), operation('replace', 'container_format', 'ovf')]
        after = side.admin.images.patch(queued, change)
        assert (after['disk_format'], after['container_format']) == ('qcow2', 'ovf')
        with pytest.raises(Forbidden):
            side.admin.images.patch(active, change)

    def test_protected_images_can_be_changed(self, side):
        image_id = side.image(b'bits', protected=True)['id']
        assert side.admin.images.patch(image_id, [operation('replace', 'name', 'new')])['name'] == 'new'

    def test_unknown_image(self, side):
        with pytest.raises(NotThere):
            side.admin.images.patch(NO_ID, [operation('replace', 'name', 'new')])
