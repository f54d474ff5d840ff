"""The contract: what the engine may rely on, held against the real Glance and against the fake."""

import pytest

pytest.register_assert_rewrite(*('contract.' + name for name in ('aborts', 'bits', 'changes', 'images', 'members', 'releases', 'rows')))
