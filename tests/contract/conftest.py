"""Both sides of the contract. LAB_CLOUD names the document of a stage that is up; without it a stage is started here."""

import os

import pytest

from .sides import Fake, Real, described


@pytest.fixture(scope='session')
def document(tmp_path_factory):
    """What a stage tells of itself (stage.py)."""
    if os.environ.get('LAB_CLOUD'):
        yield described()
    else:
        from .stage import staged       # needs the lab's Python
        with staged(tmp_path_factory.mktemp('contract') / 'lab') as told:
            yield told


@pytest.fixture(scope='session')
def the_real(document):
    """The real side, opened once."""
    return Real(document)


@pytest.fixture
def real(the_real):
    """The real side, for what no fake can show."""
    yield the_real
    the_real.clean()


@pytest.fixture(params=['fake', 'real'])
def side(request):
    """Each side in turn; what was made on it is gone afterwards."""
    if request.param == 'fake':
        yield Fake()
    else:
        yield request.getfixturevalue('real')


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """A call that is tried again need not wait for a second here."""
    monkeypatch.setattr('glance_sync.glance.answers.PAUSE', 0.01)
