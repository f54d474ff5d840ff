"""One contract for the real Glance behind the real edge and for the fake: each test runs on both."""

from .aborts import AbortsContract
from .bits import BitsContract
from .changes import ChangesContract
from .images import ImagesContract
from .members import MembersContract
from .releases import ReleasesContract
from .rows import RowsContract


class TestGlance(ImagesContract, ChangesContract, MembersContract, BitsContract, AbortsContract, ReleasesContract, RowsContract):
    """Everything that the engine relies on; each part is in the module of its name."""
