"""Contract suites: test classes to inherit, one for each kind of thing that can be added; they need pytest.

A component, a search space, a meta-learner or an input format of your own is tested by a few lines::

    from autotext.testing import FeatureContract

    class TestMine(FeatureContract):
        component = Mine
"""

import pytest

pytest.register_assert_rewrite("autotext.testing.components", "autotext.testing.formats", "autotext.testing.meta_learners",
                               "autotext.testing.spaces")

from autotext.testing.components import HOSTILE, TEXTS, ComponentContract, FeatureContract, ModelContract  # noqa: E402
from autotext.testing.formats import FormatContract  # noqa: E402
from autotext.testing.meta_learners import MetaLearnerContract, toy_experience  # noqa: E402
from autotext.testing.spaces import SpaceContract, toy_texts  # noqa: E402

__all__ = ["HOSTILE", "TEXTS", "ComponentContract", "FeatureContract", "FormatContract", "MetaLearnerContract",
           "ModelContract", "SpaceContract", "toy_experience", "toy_texts"]
