"""Template of tests for extensions: the contracts of `autotext.testing`, and small searches."""

from pathlib import Path

import pytest
from feature_template import WordEndings
from input_format_template import FORMAT
from meta_learner_template import NearestTasks
from model_template import ShrunkenCentroids
from normalizer_template import RepeatedLetters
from tokenizer_template import SpacedWords

from autotext import Budget, TaskError, load_pipeline, optimize_pipeline
from autotext.testing import (
    ComponentContract,
    FeatureContract,
    FormatContract,
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


class TestLabelledLines(FormatContract):
    input_format = FORMAT
    content = "#labelled-lines\ngood | It arrived early.\nbad | It broke.\n"
    columns = {"text": ["It arrived early.", "It broke."], "label": ["good", "bad"]}


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
        FORMAT.read("#labelled-lines\nno label\n", "reviews.lines")


def test_the_components_take_part_in_a_search(file, tmp_path):
    pipeline = optimize_pipeline(file, space=SPACE, workers=1, meta_learner=None,
                                 budget=Budget(seconds=None, trials=10))
    tried = [evaluation.configuration for evaluation in pipeline.report.evaluations]
    for name in ("repeated_letters.keep", "spaced_words", "word_endings", "shrunken_centroids"):
        assert any(name in str(configuration) for configuration in tried)
    assert "failed" not in pipeline.report.statuses
    loaded = load_pipeline(pipeline.save(tmp_path / "pipeline"))
    assert loaded.predict(file).tolist() == pipeline.predict(file).tolist()


def test_the_meta_learner_starts_a_search(file):
    pipeline = optimize_pipeline(file, space=SPACE, workers=1, meta_learner="nearest_tasks",
                                 budget=Budget(seconds=None, trials=2))
    assert pipeline.report.warm_start["suggested"] > pipeline.report.warm_start["tried"] == 2
