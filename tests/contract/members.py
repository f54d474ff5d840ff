"""The contract of members, of roles other than admin, and of the directory."""

import pytest
from glance_sync.errors import Failure, Forbidden, NotThere
from glance_sync.records import Project

from .changes import operation
from .images import NO_ID, one_line


def people(cloud, image_id):
    """The members of an image: {project ID: status}."""
    return {member['member_id']: member['status'] for member in cloud.images.members(image_id)}


class MembersContract:
    """members, set_member, remove_member; what members and readers may; Cloud.directory and origin."""

    def test_members_come_change_and_go(self, side):
        image_id, (one, other) = side.image(b'x', visibility='shared')['id'], (side.projects['tenant-b'], side.projects['twin'])
        assert side.admin.images.members(image_id) == []
        before = side.admin.images.get(image_id)
        for status in ('pending', 'accepted', 'rejected', 'rejected', 'pending'):
            side.admin.images.set_member(image_id, one, status)
            side.admin.images.set_member(image_id, other, 'accepted')
            assert people(side.admin, image_id) == {one: status, other: 'accepted'}
        for _ in range(2):
            side.admin.images.remove_member(image_id, one)
            assert people(side.admin, image_id) == {other: 'accepted'}
        assert side.admin.images.get(image_id) == before        # a member moves no updated_at

    def test_members_of_nothing(self, side):
        for call in (side.admin.images.members, lambda image_id: side.admin.images.set_member(image_id, side.projects['twin'], 'pending')):
            with pytest.raises(NotThere):
                call(NO_ID)
        side.admin.images.remove_member(NO_ID, side.projects['twin'])

    @pytest.mark.parametrize('visibility', ['private', 'public', 'community'])
    def test_only_shared_images_have_members(self, side, visibility):
        image_id = side.image(visibility=visibility)['id']
        for call in (side.admin.images.members, lambda image_id: side.admin.images.set_member(image_id, side.projects['twin'], 'pending'),
                     lambda image_id: side.admin.images.remove_member(image_id, side.projects['twin'])):
            with pytest.raises(Forbidden) as caught:
                call(image_id)
            assert one_line(caught.value)

    def test_members_outlast_a_time_as_private(self, side):
        image_id = side.image(members=[(side.projects['twin'], 'accepted')])['id']
        for visibility in ('private', 'shared'):
            side.admin.images.patch(image_id, [operation('replace', 'visibility', visibility)])
        assert people(side.admin, image_id) == {side.projects['twin']: 'accepted'}

    def test_statuses_that_do_not_exist(self, side):
        image_id = side.image(visibility='shared')['id']
        for project_id, status in ((side.projects['twin'], 'odd'), ('', 'pending')):
            with pytest.raises(Failure):
                side.admin.images.set_member(image_id, project_id, status)

    # other roles

    def test_what_a_member_of_a_project_sees(self, side):
        home, ours = side.projects['tenant-a'], side.projects['tenant-b']
        made = {name: side.image(b'x', owner=home, **values)['id'] for name, values in (
            ('private', {'visibility': 'private'}), ('public', {'visibility': 'public'}), ('community', {'visibility': 'community'}),
            ('hidden', {'visibility': 'public', 'os_hidden': True}), ('alone', {'visibility': 'shared'}),
            ('pending', {'members': [(ours, 'pending')]}), ('accepted', {'members': [(ours, 'accepted')]}))}
        listed, _ = side.ann.images.list()
        assert {name for name in made if made[name] in listed} == {'public', 'community', 'hidden', 'accepted'}
        got = {name for name in made if side.ann.images.get(made[name]) is not None}
        assert got == {'public', 'community', 'hidden', 'accepted', 'pending'}
        assert {name for name in made if made[name] in side.joe.images.list()[0]} == set(made)
        assert people(side.joe, made['pending']) == people(side.ann, made['pending']) == {ours: 'pending'}

    def test_what_a_member_may_not(self, side):
        public, private = [side.image(b'x', owner=side.projects['tenant-a'], visibility=one)['id'] for one in ('public', 'private')]
        shared = side.image(b'x', owner=side.projects['tenant-a'], members=[(side.projects['tenant-b'], 'pending')])['id']
        images, member = side.ann.images, side.projects['tenant-b']
        calls = (lambda image_id: images.patch(image_id, [operation('replace', 'name', 'x')]), images.delete,
                 lambda image_id: images.set_status(image_id, 'deactivated'),
                 lambda image_id: images.set_member(image_id, member, 'accepted'),
                 lambda image_id: side.ann.transfer.upload(image_id, iter([b'x']), 1))
        for call in calls:
            for image_id, kind in ((public, Forbidden), (shared, Forbidden), (private, NotThere)):
                with pytest.raises(kind):
                    call(image_id)
        with pytest.raises(Forbidden):
            images.remove_member(shared, member)
        images.remove_member(private, member)
        assert people(side.admin, shared) == {member: 'pending'}

    def test_what_only_the_administrator_may_give(self, side):
        image_id = side.image(cloud=side.joe)['id']
        for name, value in (('visibility', 'public'), ('owner', side.projects['tenant-b'])):
            with pytest.raises(Forbidden):
                side.joe.images.patch(image_id, [operation('replace', name, value)])
            with pytest.raises(Forbidden):
                side.joe.images.create({'id': side.new_id(), name: value})
        side.joe.images.patch(image_id, [operation('replace', 'visibility', 'shared')])
        with pytest.raises(Forbidden):
            side.joe.images.set_member(image_id, side.projects['tenant-b'], 'accepted')
        assert people(side.joe, image_id) == {side.projects['tenant-b']: 'pending'}

    def test_a_member_does_as_it_likes_with_its_own(self, side):
        image_id = side.image(b'bits', cloud=side.joe, os_hidden=True)['id']
        side.joe.images.set_status(image_id, 'deactivated')
        assert side.joe.images.patch(image_id, [operation('replace', 'visibility', 'community')])['visibility'] == 'community'
        with pytest.raises(Forbidden):
            side.joe.transfer.download(image_id, 0)
        side.joe.images.delete(image_id)

    def test_a_reader_reads_metadata_only(self, side):
        image_id = side.image(b'bits', visibility='public')['id']
        assert side.rita.images.get(image_id)['size'] == 4 and image_id in side.rita.images.list()[0]
        for call in (lambda: side.rita.transfer.download(image_id, 0), lambda: side.rita.images.create({'id': side.new_id()}),
                     lambda: side.rita.images.delete(image_id)):
            with pytest.raises(Forbidden):
                call()

    # the directory

    def test_directory_knows_projects_by_name_and_domain(self, side):
        found = side.admin.directory()
        for name, project in (('tenant-a', Project('tenant-a', 'Default')), ('twin', Project('tenant-a', 'other'))):
            assert found.project(side.projects[name]) == project
            assert found.project_id(project) == side.projects[name]
        assert found.own == side.projects['admin']
        assert found.project('nobody') is None and found.project_id(Project('tenant-b', 'other')) is None
        assert found.name(side.projects['twin']) == 'tenant-a@other'

    def test_directory_is_for_administrators(self, side):
        for cloud in (side.joe, side.rita):
            with pytest.raises(Forbidden) as caught:
                cloud.directory()
            assert one_line(caught.value)

    def test_origin_is_the_clouds_not_the_identitys(self, side):
        assert side.admin.origin == side.joe.origin
        assert len(side.admin.origin['id']) == 32 and side.admin.origin['region']
