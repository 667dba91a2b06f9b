"""Template of tests for extensions: the contracts of `autotext.testing`, and small searches."""

from pathlib import Path

import input_format_template
import pytest
from feature_template import WordEndings
from meta_learner_template import NearestTasks
from model_template import ShrunkenCentroids
from normalizer_template import RepeatedLetters
from tokenizer_template import SpacedWords

from autotext import Budget, Experience, TaskError, load_pipeline, optimize_pipeline
from autotext.testing import (
    ComponentContract,
    FeatureContract,
    MetaLearnerContract,
    ModelContract,
    SpaceContract,
)

SPACE = str(Path(__file__).parent / "space_template.yaml")


class TestRepeatedLetters(ComponentContract):
    component = RepeatedLetters


class TestSpacedWords(ComponentContract):
    component = SpacedWords


class TestWordEndings(FeatureContract):
    component = WordEndings


class TestShrunkenCentroids(ModelContract):
    component = ShrunkenCentroids


class TestSpace(SpaceContract):
    space = SPACE


class TestNearestTasks(MetaLearnerContract):
    learner = NearestTasks


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "reviews.lines"
    verdicts = (("is sooooo good", "good"), ("arrived early", "good"), ("is poor", "bad"),
                ("broke at once", "bad"))
    things = ("case", "cable", "sound", "screen", "box", "charger")
    lines = [f"{label} | The {thing} {verdict}" for thing in things for verdict, label in verdicts]
    path.write_text("#labelled-lines\n" + "\n".join(lines) + "\n", "utf-8")
    return path


def test_the_format_names_the_line_that_it_cannot_read():
    with pytest.raises(TaskError, match="line 2"):
        input_format_template.read("#labelled-lines\nno label\n", "reviews.lines")


def test_the_components_take_part_in_a_search(file, tmp_path):
    found = optimize_pipeline(input_format_template.read_file(file), space=SPACE, workers=1,
                              budget=Budget(seconds=None, trials=10), meta_learner=None)
    tried = [evaluation.configuration for evaluation in found.report.evaluations]
    for name in ("repeated_letters.keep", "spaced_words", "word_endings", "shrunken_centroids"):
        assert any(name in str(configuration) for configuration in tried)
    assert "failed" not in found.report.statuses
    text = "The lamp is soooooooo good"
    loaded = load_pipeline(found.save(tmp_path / "pipeline"))
    assert loaded.predict([text]) == found.predict([text])


def test_the_meta_learner_starts_a_search(file):
    learner = NearestTasks().fit(Experience.shipped())
    found = optimize_pipeline(input_format_template.read_file(file), space=SPACE, workers=1,
                              budget=Budget(seconds=None, trials=2), meta_learner=learner)
    assert found.report.warm_start["suggested"] > found.report.warm_start["tried"] == 2
