"""Every shipped search space keeps its contract."""

import pytest

from autotext.space import shipped_spaces
from autotext.testing import SpaceContract


class TestShippedSpaces(SpaceContract):
    @pytest.fixture(params=shipped_spaces())
    def space_name(self, request):
        return request.param


def test_the_named_spaces_are_shipped():
    assert {"default", "fast", "multilingual", "thorough"} <= set(shipped_spaces())
