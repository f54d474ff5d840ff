"""The contract of Images: create, get, list, delete and the status."""

import pytest
from glance_sync.errors import Conflict, Failure, Forbidden, NotThere

NO_ID = '00000000-0000-4000-8000-000000000000'
UNFIT = [       # what Glance does not take, and how it says so
    ({'id': 'no-uuid'}, Failure), ({'checksum': 'x'}, Forbidden), ({'os_glance_importing': 'x'}, Forbidden),
    ({'location': 'x'}, Forbidden), ({'number': 3}, Failure), ({'nothing': None}, Failure), ({'name': 'n' * 256}, Failure),
    ({'long': 'x' * 65536}, Failure), ({'n' * 256: 'x'}, Failure), ({'name': 'grin \U0001f600'}, Failure), ({'tags': ['t' * 256]}, Failure),
    ({'tags': ['t{}'.format(n) for n in range(129)]}, Failure), (dict(('p{}'.format(n), 'x') for n in range(129)), Failure),
    ({'visibility': 'secret'}, Failure), ({'disk_format': 'floppy'}, Failure), ({'container_format': 'bag'}, Failure),
    ({'min_disk': -1}, Failure), ({'os_hidden': 'yes'}, Failure), ({'Case': 'a', 'case': 'b'}, Failure),
]
FIT = {
    'name': '../../odd\n\tname', 'tags': ['b', 'a', 'b', 'with, comma/slash', '\u00fc'], 'min_disk': 2, 'min_ram': 2 ** 31 - 1,
    'disk_format': 'qcow2', 'container_format': 'ovf', 'visibility': 'community', 'protected': True, 'os_hidden': True,
    'remove_props': 'x', 'odd/key~1 x': 'a=b, "c"', '\u00dcber': '', 'long': 'v' * 65535, 'n' * 255: 'x', 'owner': 'any string at all',
}


def one_line(error):
    """Whether an error is a single line that a person can read."""
    text = str(error)
    return bool(text.strip()) and '\n' not in text and '&#' not in text and '</' not in text


class ImagesContract:
    """create, get, list, delete, set_status, capabilities."""

    def test_capabilities_of_today(self, side):
        found = side.admin.images.capabilities()
        assert found.visibilities == {'private', 'shared', 'community', 'public'} and found.hidden and found.hashes

    def test_created_image_is_queued_and_holds_every_attribute(self, side):
        image_id = side.new_id()
        made = side.admin.images.create(dict(FIT, id=image_id))
        assert dict(made, tags=0) == dict(side.admin.images.get(image_id), tags=0)      # Glance has no order of tags
        assert sorted(made['tags']) == sorted(set(FIT['tags']))
        assert {key: made[key] for key in FIT if key != 'tags'} == {key: FIT[key] for key in FIT if key != 'tags'}
        assert made['id'] == image_id and made['status'] == 'queued'
        for field in ('size', 'virtual_size', 'checksum', 'os_hash_algo', 'os_hash_value'):
            assert made[field] is None
        assert made['created_at'] == made['updated_at'] and made['created_at'].endswith('Z')

    def test_defaults_of_a_bare_image(self, side):
        made = side.admin.images.create({'id': side.new_id()})
        assert (made['name'], made['visibility'], made['owner']) == (None, 'shared', side.projects['admin'])
        assert (made['protected'], made['os_hidden'], made['min_disk'], made['min_ram'], made['tags']) == (False, False, 0, 0, [])
        assert made['disk_format'] is None and made['container_format'] is None

    def test_given_hashes_are_ignored(self, side):
        made = side.admin.images.create({'id': side.new_id(), 'os_hash_algo': 'sha512', 'os_hash_value': 'ab'})
        assert made['os_hash_algo'] is None and made['os_hash_value'] is None

    def test_create_refuses_what_does_not_fit_and_leaves_the_id_free(self, side):
        image_id = side.new_id()
        for unfit, kind in UNFIT:
            with pytest.raises(Failure) as caught:
                side.admin.images.create(dict({'id': image_id}, **unfit))
            assert (unfit, type(caught.value)) == (unfit, kind) and one_line(caught.value)
        assert side.admin.images.get(image_id) is None
        assert side.admin.images.create({'id': image_id})['status'] == 'queued'

    def test_an_id_is_taken_once_and_burned_for_ever(self, side):
        image_id = side.image()['id']
        for cloud in (side.admin, side.joe):
            with pytest.raises(Conflict):
                cloud.images.create({'id': image_id})
        side.admin.images.delete(image_id)
        assert side.admin.images.get(image_id) is None
        for taken in (image_id, image_id.upper()):
            with pytest.raises(Conflict) as caught:
                side.joe.images.create({'id': taken})
            assert one_line(caught.value)
        assert side.joe.images.get(image_id) is None

    def test_case_of_an_id_is_kept_and_does_not_matter(self, side):
        image_id = side.new_id().upper()
        assert side.image(id=image_id)['id'] == image_id
        assert side.admin.images.get(image_id.lower())['id'] == image_id
        with pytest.raises(Conflict):
            side.admin.images.create({'id': image_id.lower()})

    def test_get_of_nothing(self, side):
        for image_id in (NO_ID, 'no-uuid', 'a/../b ?x'):
            assert side.admin.images.get(image_id) is None

    def test_list_holds_every_visibility_of_every_project_hidden_ones_too(self, side):
        owners = side.projects['tenant-a'], side.projects['admin']
        made = [side.image(b'x' if hidden else None, visibility=visibility, owner=owner, os_hidden=hidden, name=visibility)
                for visibility in ('private', 'shared', 'community', 'public') for owner in owners for hidden in (False, True)]
        made.append(side.image(b'x', status='deactivated'))
        found, complete = side.admin.images.list()
        assert complete is True
        assert {image['id']: found.get(image['id']) for image in made} == {image['id']: image for image in made}

    def test_delete(self, side):
        for data in (None, b'bits'):
            image_id = side.image(data)['id']
            side.admin.images.delete(image_id)
            assert side.admin.images.get(image_id) is None
            assert image_id not in side.admin.images.list()[0]
            for gone in (image_id, NO_ID):
                with pytest.raises(NotThere):
                    side.admin.images.delete(gone)

    def test_delete_spares_protected_images(self, side):
        image = side.image(b'bits', protected=True)
        with pytest.raises(Forbidden):
            side.admin.images.delete(image['id'])
        assert side.admin.images.get(image['id']) == image

    def test_status_goes_both_ways_and_may_be_said_twice(self, side):
        image_id = side.image(b'bits')['id']
        for status in ('active', 'deactivated', 'deactivated', 'active'):
            side.admin.images.set_status(image_id, status)
            assert side.admin.images.get(image_id)['status'] == status

    def test_status_of_what_has_none(self, side):
        queued = side.image()['id']
        for status in ('active', 'deactivated'):
            with pytest.raises(Forbidden) as caught:
                side.admin.images.set_status(queued, status)
            assert one_line(caught.value)
            with pytest.raises(NotThere):
                side.admin.images.set_status(NO_ID, status)
