"""Meta-learners are taken by their names once they are registered."""

import pytest

from autotext import ArgumentError, MetaLearner, Portfolio
from autotext.meta import Ranking, check_learner, meta_learners, register_meta_learner, shipped_learner


@pytest.fixture(autouse=True)
def _restored(unregistered):
    """What these tests register is not known to others."""


class Silent(MetaLearner):
    name = "silent"

    def fit(self, experience):
        self.tasks_ = len(experience.tasks)
        return self

    def suggest(self, meta_features, space, k):
        return Ranking(())


def test_a_registered_class_is_made_and_fitted_on_the_shipped_experience():
    with pytest.raises(ArgumentError, match=r"Unknown meta-learner 'silent'.* A meta-learner of your own .* --import MODULE"):
        check_learner("silent")
    assert register_meta_learner(Silent) is Silent
    assert check_learner("silent") == "silent"
    assert shipped_learner("silent").tasks_ > 50
    assert shipped_learner("silent") is shipped_learner("silent")
    assert isinstance(shipped_learner("default"), Portfolio)


def test_a_class_that_is_defined_anew_replaces_the_earlier_one():
    register_meta_learner(Silent)
    anew = type("Silent", (Silent,), {"__module__": Silent.__module__, "__qualname__": Silent.__qualname__})
    assert register_meta_learner(anew) is anew
    assert isinstance(shipped_learner("silent"), anew)


@pytest.mark.parametrize(("cls", "message"), [
    (type("Mine", (Silent,), {"name": "portfolio"}), r"already is a meta-learner 'portfolio': .*; choose another name"),
    (type("Mine", (Silent,), {"name": ""}), r"Mine\.name must be a name, such as 'nearest_tasks'"),
    (type("Mine", (Silent,), {"name": "none"}), "other than 'default' and 'none', not 'none'"),
    (type("Mine", (MetaLearner,), {"name": "mine"}), "a subclass of MetaLearner with the methods fit and suggest"),
    (object(), "a subclass of MetaLearner"),
])
def test_others_are_refused(cls, message):
    with pytest.raises(ArgumentError, match=message):
        register_meta_learner(cls)
    assert sorted(meta_learners()) == ["hierarchical", "portfolio"]
