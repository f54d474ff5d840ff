"""The contract of Database: what it tells beyond the API."""


class RowsContract:
    """image_ids, members, deleted_ids."""

    def test_ids_are_those_of_the_list(self, side):
        made = {side.image(visibility=visibility, owner=side.projects['tenant-a'], os_hidden=hidden)['id']
                for visibility in ('private', 'community') for hidden in (False, True)}
        found = side.database().image_ids()
        assert made <= found and found == set(side.admin.images.list()[0])

    def test_members_are_those_of_the_api(self, side):
        wanted = [(side.projects['tenant-b'], 'accepted'), (side.projects['twin'], 'pending')]
        image_id, other = side.image(members=wanted)['id'], side.image(visibility='shared')['id']
        found = side.database().members()
        assert sorted((one['member_id'], one['status']) for one in found[image_id]) == sorted(wanted)
        assert other not in found
        side.admin.images.remove_member(image_id, side.projects['twin'])
        assert [one['status'] for one in side.database().members()[image_id]] == ['accepted']

    def test_deleted_ids_are_those_that_are_burned(self, side):
        there, gone, never = side.image()['id'], side.image()['id'], side.new_id()
        side.admin.images.delete(gone)
        assert side.database().deleted_ids({there, gone, never}) == {gone}
        assert side.database().deleted_ids(set()) == set()
        assert gone not in side.database().image_ids()
