"""A state machine: whatever happens on the master, however runs fail or are killed, clean runs end in an empty plan."""

import shutil
import tempfile

import pytest
from fakes import offer
from glance_sync.attributes import is_ours
from glance_sync.digests import Hasher
from glance_sync.errors import CutShort, GlanceSyncError, Unreachable
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from .pair import Killed, Pair

VISIBILITIES = ('private', 'shared', 'community', 'public')
STANDING = {'local-deactivation', 'owner-unknown', 'member-unknown'}
SLAVE_CALLS = ('list', 'get', 'create', 'patch', 'set_status', 'set_member', 'remove_member', 'upload', 'members', 'directory')
MASTER_CALLS = ('list', 'download', 'members', 'directory')
BITS = st.sampled_from([b'', b'a', b'some bits', b'bits of another image', b'x' * 100])


def sha512(bits):
    hasher = Hasher()
    hasher.update(bits)
    return hasher.hex()


class Machine(RuleBasedStateMachine):
    """Two fake clouds that hold state, real spools, the real verbs; a kill is a BaseException where it strikes."""

    images = Bundle('images')

    @initialize(database=st.booleans(), keep=st.booleans(), deletion=st.sampled_from(['keep', 'hide', 'delete']))
    def begin(self, database, keep, deletion):
        self.folder = tempfile.mkdtemp(prefix='glance-sync-machine-')
        self.deletion = deletion
        self.pair = Pair(self.folder, database, 'keep_data = {}\ndeletion = {}\nmax_delete = 100%\n'.format(keep, deletion))
        self.tenants = [self.pair.master.add_project(name) for name in ('tenant-a', 'tenant-b')]
        self.local = offer(self.pair.slave, b'made on the slave', visibility='public', name='local')
        self.burned_here = set()

    def teardown(self):
        if hasattr(self, 'pair'):
            try:
                self.settle()
            finally:
                shutil.rmtree(self.folder)

    # what people do on the master

    @rule(target=images, bits=BITS, visibility=st.sampled_from(VISIBILITIES), tenant=st.integers(0, 1), hidden=st.booleans(),
          status=st.sampled_from([None, None, 'deactivated']))
    def make(self, bits, visibility, tenant, hidden, status):
        members = [(self.tenants[1 - tenant], 'accepted')] if visibility == 'shared' else ()
        image = offer(self.pair.master, bits, status=status, visibility=visibility, owner=self.tenants[tenant], os_hidden=hidden,
                      members=members, os_distro='one')
        self.pair.digests[image['id']] = sha512(bits)
        return image['id']

    @rule(target=images)
    def make_without_bits(self):
        return offer(self.pair.master, None, name='queued')['id']

    @rule(image=images, name=st.sampled_from(['os_distro', 'hw_x', 'a/b~c']), value=st.sampled_from([None, 'one', 'two']))
    def set_property(self, image, name, value):
        here = self.pair.master.images.get(image)
        path = '/' + name.replace('~', '~0').replace('/', '~1')
        if value is None and name in here:
            self.pair.master.images.patch(image, [{'op': 'remove', 'path': path}])
        elif value is not None:
            self.pair.master.images.patch(image, [{'op': 'replace' if name in here else 'add', 'path': path, 'value': value}])

    @rule(image=images, field=st.sampled_from([('name', 'new'), ('name', 'old'), ('protected', True), ('protected', False), ('min_ram', 5),
                                               ('tags', ['t']), ('tags', []), ('os_hidden', True), ('os_hidden', False),
                                               ('visibility', 'public'), ('visibility', 'private'), ('visibility', 'shared')]))
    def set_field(self, image, field):
        self.pair.master.images.patch(image, [{'op': 'replace', 'path': '/' + field[0], 'value': field[1]}])

    @rule(image=images, status=st.sampled_from(['active', 'deactivated']))
    def set_status(self, image, status):
        if self.pair.master.images.get(image)['status'] in ('active', 'deactivated'):
            self.pair.master.images.set_status(image, status)

    @rule(image=images, tenant=st.integers(0, 1), status=st.sampled_from([None, 'pending', 'accepted', 'rejected']))
    def set_member(self, image, tenant, status):
        if self.pair.master.images.get(image)['visibility'] == 'shared':
            if status is None:
                self.pair.master.images.remove_member(image, self.tenants[tenant])
            else:
                self.pair.master.images.set_member(image, self.tenants[tenant], status)

    @rule(image=consumes(images))
    def delete(self, image):
        self.pair.master.images.patch(image, [{'op': 'replace', 'path': '/protected', 'value': False}])
        self.pair.master.images.delete(image)

    # what people do on the slave

    @rule(image=images)
    def edit_on_the_slave(self, image):
        if self.pair.slave.images.get(image):
            self.pair.slave.images.patch(image, [{'op': 'replace', 'path': '/name', 'value': 'edited here'}])

    @rule(image=images)
    def deactivate_on_the_slave(self, image):
        here = self.pair.slave.images.get(image)
        if here and here['status'] == 'active':
            self.pair.slave.images.set_status(image, 'deactivated')

    # runs, whole and broken

    @rule()
    def dump(self):
        self.attempt(self.pair.dump)

    @rule()
    def sync(self):
        self.attempt(self.pair.sync)

    @rule(call=st.sampled_from(MASTER_CALLS), kill=st.booleans(), lost=st.booleans(), skip=st.integers(0, 3))
    def broken_dump(self, call, kill, lost, skip):
        self.break_call(self.pair.master, call, kill, lost)
        self.attempt(self.pair.dump)

    @rule(size=st.integers(0, 60), silent=st.booleans())
    def cut_dump(self, size, silent):
        self.pair.master.faults.cut_download, self.pair.master.faults.silent_cut = size, silent
        self.attempt(self.pair.dump)

    @rule(call=st.sampled_from(SLAVE_CALLS), kill=st.booleans(), lost=st.booleans())
    def broken_sync(self, call, kill, lost):
        self.break_call(self.pair.slave, call, kill, lost)
        self.attempt(self.pair.sync)

    @rule(size=st.integers(0, 200), kill=st.booleans())
    def cut_transport(self, size, kill):
        self.pair.transport.break_after(size, Killed() if kill else None)
        self.attempt(self.pair.sync)

    @rule(size=st.integers(0, 60))
    def cut_upload(self, size):
        self.pair.slave.faults.cut_upload = size
        self.attempt(self.pair.sync)

    def break_call(self, cloud, call, kill, lost):
        error = Killed() if kill else Unreachable('the fake cloud is down')
        (cloud.faults.lose_next if lost else cloud.faults.fail_next)(call, error)

    def attempt(self, run):
        """Run, and mend what was broken afterwards, as the next cron run finds it."""
        try:
            run(accept_shrink=True)
        except (GlanceSyncError, Killed):
            pass        # it is the state afterwards that counts
        for cloud in (self.pair.master, self.pair.slave):
            faults = cloud.faults
            faults.cut_download = faults.cut_upload = None
            faults.forget()
        self.pair.transport.mend()

    # what must hold at every moment

    @invariant()
    @precondition(lambda self: hasattr(self, 'pair'))
    def nothing_wrong_is_ever_offered(self):
        self.pair.check_spools()
        for image_id, image in self.pair.slave.glance.images.items():
            if image_id == self.local['id']:
                continue
            if image['status'] in ('active', 'deactivated'):
                assert image['os_hash_value'] == self.pair.digests[image_id]
            else:
                assert image['visibility'] == 'private', 'seen before its bits were proved'

    @invariant()
    @precondition(lambda self: hasattr(self, 'pair'))
    def local_images_are_untouched(self):
        assert self.pair.slave.images.get(self.local['id']) == self.local

    def settle(self):
        """Clean runs: then nothing is left to do, a further one does nothing, and no ID is burned but by the operator's wish."""
        for _ in range(2):
            self.pair.dump(accept_shrink=True)
            done = self.pair.sync(accept_shrink=True, retry_refused=True)
            assert done.failed == ()
        drift = self.pair.drift()
        assert drift['actions'] == []
        deleted = self.pair.slave.glance.burned
        assert {one['code'] for one in drift['refusals']} <= STANDING | {'protected'} | ({'burned'} if deleted else set())
        if self.deletion != 'delete':
            assert not deleted
        for cloud in (self.pair.master, self.pair.slave):
            del cloud.faults.calls[:]
        fetched = len(self.pair.transport.fetched)
        self.pair.dump(accept_shrink=True)
        self.pair.sync(accept_shrink=True)
        for cloud in (self.pair.master, self.pair.slave):
            assert cloud.faults.writes() == [] and 'download' not in [call for call, _ in cloud.faults.calls]
        assert [name for name in self.pair.transport.fetched[fetched:] if name != 'manifest.json'] == []
        self.check_equal(drift)

    def check_equal(self, drift):
        refused = {one['id'] for one in drift['refusals']}
        for image_id, wanted in self.pair.master.images.list()[0].items():
            if wanted['status'] not in ('active', 'deactivated') or image_id in refused:
                continue
            here = self.pair.slave.images.get(image_id)
            for field in ('name', 'status', 'visibility', 'os_hidden', 'protected', 'min_ram', 'tags', 'os_hash_value', 'size'):
                assert here[field] == wanted[field], field
            assert {key: here.get(key) for key in ('os_distro', 'hw_x', 'a/b~c')} == {
                key: wanted.get(key) for key in ('os_distro', 'hw_x', 'a/b~c')}
            assert self.pair.slave.glance.projects[here['owner']] == self.pair.master.glance.projects[wanted['owner']]
            assert is_ours(here, self.pair.master.origin['id'])
            if wanted['visibility'] == 'shared':
                assert self.people(self.pair.slave, image_id) == self.people(self.pair.master, image_id)

    @staticmethod
    def people(cloud, image_id):
        return {cloud.glance.projects[one['member_id']]: one['status'] for one in cloud.images.members(image_id)}


Machine.TestCase.settings = settings(max_examples=120, stateful_step_count=25, deadline=None,
                                     suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
TestMachine = Machine.TestCase


@pytest.mark.parametrize('error, times', [(CutShort('cut'), 1), (Unreachable('down'), 2)])
def test_one_failure_stops_no_other_image(tmp_path, error, times):
    pair = Pair(str(tmp_path))
    for number in range(3):
        image = offer(pair.master, b'bits %d' % number, visibility='public')
        pair.digests[image['id']] = image['os_hash_value']
    pair.dump()
    pair.slave.faults.fail_next('upload', error, times=times)
    done = pair.sync()
    assert len(done.failed) == 1 and len([one for one in done.done if one.kind == 'create']) == 2
