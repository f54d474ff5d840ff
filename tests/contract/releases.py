"""The contract of old releases: what is detected, and what still comes through."""

import pytest
from glance_sync.errors import Failure

from .bits import fetched
from .members import people

KNOWN = {'mitaka': ('private', 'public'), 'ocata': ('private', 'shared', 'community', 'public')}
RELEASES = ('mitaka', 'ocata', 'queens', 'rocky', 'stein')


class ReleasesContract:
    """capabilities, list, create and bits of an old Glance."""

    @pytest.mark.parametrize('release', RELEASES)
    def test_capabilities_are_detected(self, side, release):
        found = side.old(release).images.capabilities()
        assert found.visibilities == set(KNOWN.get(release, KNOWN['ocata']))
        assert found.hidden == found.hashes == (release in ('rocky', 'stein'))

    @pytest.mark.parametrize('release', RELEASES)
    def test_an_image_looks_as_it_did(self, side, release):
        image_id = side.image(b'bits', members=[(side.projects['tenant-b'], 'accepted')], custom='x')['id']
        cloud = side.old(release)
        image = cloud.images.get(image_id)
        assert image == cloud.images.list()[0][image_id]
        assert image['visibility'] == ('private' if release == 'mitaka' else 'shared')
        for field in ('os_hidden', 'os_hash_algo', 'os_hash_value'):
            assert (field in image) == (release in ('rocky', 'stein'))
        assert image['custom'] == 'x' and image['size'] == 4 and image['checksum']
        assert people(cloud, image_id) == {side.projects['tenant-b']: 'accepted'}
        assert fetched(cloud, image_id, 2) == (2, b'ts')

    @pytest.mark.parametrize('release', ['ocata', 'queens', 'rocky', 'stein'])
    def test_community_images_are_listed_since_ocata(self, side, release):
        image_id = side.image(b'bits', visibility='community', owner=side.projects['tenant-a'])['id']
        found, complete = side.old(release).images.list()
        assert complete and image_id in found

    def test_mitaka_says_that_its_list_may_lack_some(self, side):
        image = side.image(b'bits', owner=side.projects['tenant-a'])
        found, complete = side.old('mitaka').images.list()
        assert not complete and image['id'] in found

    @pytest.mark.parametrize('release', RELEASES)
    def test_private_images_can_be_made_and_filled(self, side, release):
        cloud = side.old(release)
        image = side.image(b'bits', cloud=cloud)
        assert (image['visibility'], image['status'], image['size']) == ('private', 'active', 4)
        cloud.images.patch(image['id'], [{'op': 'replace', 'path': '/visibility', 'value': 'public'}])
        assert side.admin.images.get(image['id'])['visibility'] == 'public'

    @pytest.mark.parametrize('release', ['mitaka', 'queens'])
    def test_hidden_is_unknown_before_rocky(self, side, release):
        with pytest.raises(Failure):
            side.old(release).images.create({'id': side.new_id(), 'os_hidden': True})
