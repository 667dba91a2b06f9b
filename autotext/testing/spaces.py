"""The contract of search spaces, as tests."""

from __future__ import annotations

import json
from typing import ClassVar

import numpy as np
import pytest

from autotext.components import registry
from autotext.pipeline import Chain, TextPipeline
from autotext.space import STAGES, SearchSpace


def toy_texts(script: str) -> tuple[list[str], list[str]]:
    """Texts of two classes in one script, and their labels: 24 rows that are easy to classify.

    Parameters
    ----------
    script : {"latin", "hangul", "han"}

    Examples
    --------
    >>> texts, labels = toy_texts("latin")
    >>> len(texts), sorted(set(labels))
    (24, ['+', '-'])
    """
    words = {"latin": ("good nice great", "bad awful poor", "film book song city"),
             "hangul": ("좋아요 훌륭하다 최고", "나쁘다 별로 최악", "영화 노래 도시 음식"),
             "han": ("很好 喜欢 优秀", "很差 讨厌 糟糕", "电影 歌曲 城市 食物")}[script]
    good, bad, things = (part.split() for part in words)
    texts = [f"{thing} {word} {number}" for number in (1, 2) for word_of in (good, bad) for word in word_of[:3]
             for thing in things[:2]]
    labels = ["+" if any(word in text for word in good) else "-" for text in texts]
    return texts, labels


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
class SpaceContract:
    """Tests of what every search space must do; a test class inherits them and names the file.

    Attributes
    ----------
    space : str
        Name of a shipped space or path of a YAML file. Instead, the fixture `space_name` can be overridden.

    Examples
    --------
    >>> class TestFast(SpaceContract):
    ...     space = "fast"
    """

    space: ClassVar[str]
    samples: ClassVar[int] = 400

    @pytest.fixture
    def space_name(self) -> str:
        """Space under test."""
        return self.space

    @pytest.fixture
    def checked(self, space_name: str) -> SearchSpace:
        """Space under test, checked against the registry; nothing may be missing on this machine."""
        checked, removed = SearchSpace.read(space_name).check(registry())
        assert removed == []
        return checked

    def test_every_component_is_reached(self, checked: SearchSpace) -> None:
        """Drawing often enough gives every component and every feature set."""
        rng = np.random.default_rng(0)
        seen: set[tuple[str, str]] = set()
        sets = set()
        for _ in range(self.samples):
            found = checked.sample(rng)
            chain = Chain(found)
            seen |= {(part.stage, part.name) for part in chain.components}
            sets.add(found.blocks)
        assert seen == {(stage, name) for stage in STAGES for name in getattr(checked, stage)}
        assert sets == set(checked.sets)

    def test_samples_are_legal_and_project_to_themselves(self, checked: SearchSpace) -> None:
        """What is drawn can be said in the space, without a change."""
        rng = np.random.default_rng(1)
        for _ in range(self.samples // 4):
            found = checked.sample(rng)
            assert checked.project(found) == (found, [])
            assert checked.project(json.loads(json.dumps(found.to_json()))) == (found, [])

    def test_the_default_is_legal(self, checked: SearchSpace) -> None:
        """The default configuration fits together and projects to itself."""
        found = checked.default()
        assert checked.incompatibility(found) == ""
        assert checked.project(found) == (found, [])

    @pytest.mark.parametrize("script", ["latin", "hangul", "han"])
    def test_the_default_learns_a_toy_task(self, checked: SearchSpace, script: str) -> None:
        """The default configuration learns two classes in three scripts."""
        texts, labels = toy_texts(script)
        pipeline = TextPipeline(checked.default()).fit(texts, labels)
        assert pipeline.score(texts, labels) > 0.9

    def test_domains_stay_within_the_components(self, checked: SearchSpace) -> None:
        """A space never exceeds what a component allows."""
        for stage in STAGES:
            for name, parameters in getattr(checked, stage).items():
                legal = registry()[stage][name].parameters
                assert all(domain.within(legal[key]) for key, domain in parameters.items() if key in legal)
