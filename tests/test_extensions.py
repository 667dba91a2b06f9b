"""What can be added from outside the package in one file each: it is tested by its contract, and used in a search."""

import numpy as np
import pytest
from conftest import toy

from autotext import Budget, Experience, SearchSpace, Task, load_pipeline, optimize_pipeline
from autotext.components import is_expensive, registry, relative_cost
from autotext.components.costs import cost_key
from autotext.components.pretrained import find_pretrained, pretrained_kind
from autotext.errors import ComponentError
from autotext.meta import describe, meta_learners
from autotext.pipeline.transfer import find_sources
from autotext.space import Configuration
from autotext.task import script_shares
from autotext.task.formats import readable_endings
from autotext.testing import FeatureContract, FormatContract, MetaLearnerContract, ModelContract

SPACE = """
version: 1
stages:
  features:
    one_of: [[char_tfidf], [letter_vectors], [char_tfidf, letter_vectors]]
    char_tfidf: {span: ["1-2", "1-3"], min_df: 1, weight: 1.0}
    letter_vectors: {model: {call: encoders}, rounds: {int: [1, 5]}, weight: 1.0}
  model: {one_of: {logistic: {C: {float: [0.1, 100.0], log: true}, balanced: [false]}}}
"""
REGULARIZED = """
version: 1
stages:
  features: {one_of: [[char_tfidf]], char_tfidf: {span: ["1-2", "1-3"], min_df: 1}}
  model: {one_of: {shrunken_centroid: {shrinkage: {float: [0.01, 5.0], log: true}}}}
"""


@pytest.fixture
def letters(outside, tmp_path):
    """Folder of a model of letters, whose feature is registered."""
    return outside("letter_vectors").LetterVectors.test_params(tmp_path / "letters")["model"]


class TestLetterVectors(FeatureContract):
    @pytest.fixture
    def component_class(self, outside):
        return outside("letter_vectors").LetterVectors


class TestShrunkenCentroid(ModelContract):
    @pytest.fixture
    def component_class(self, outside):
        return outside("shrunken").ShrunkenCentroid


class TestQuickestFirst(MetaLearnerContract):
    @pytest.fixture
    def learner_class(self, outside):
        return outside("quickest_first").QuickestFirst


class TestSurvey(FormatContract):
    content = "%survey\nIt arrived early.\n= good\n\nIt broke at once.\n= bad\n"
    columns = {"text": ["It arrived early.", "It broke at once."], "label": ["good", "bad"]}

    @pytest.fixture
    def checked_format(self, outside):
        return outside("survey_format").FORMAT


def written(folder, text):
    path = folder / "mine.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_feature_with_a_pretrained_model_says_what_is_tried_early_and_is_trained_and_transferred(letters, tmp_path):
    space, budget = written(tmp_path, SPACE), Budget(seconds=None, trials=8)
    pipeline = optimize_pipeline(toy("binary"), space=space, encoders=letters, budget=budget, workers=1)
    tried = [entry for entry in pipeline.report.evaluations if "letter_vectors" in entry.configuration["features"]]
    assert {entry.status for entry in tried} == {"ok"}
    early = [entry.configuration["features.letter_vectors.rounds"] for entry in tried if entry.origin == "warm"]
    assert early == [4, 2]
    assert all(entry.predicted_seconds for entry in tried)
    assert any(note.startswith(f"With {letters!r}") for note in pipeline.report.notes)
    fitted = type(pipeline)({"features": "letter_vectors", "features.letter_vectors.model": letters, "model": "logistic"})
    texts, labels = toy("binary")
    loaded = load_pipeline(fitted.fit(texts, labels).save(tmp_path / "saved"))
    np.testing.assert_allclose(loaded.predict_proba(texts), fitted.predict_proba(texts))
    sources = find_sources([loaded], tmp_path / "sources")
    assert sorted(sources) == ["letter_vectors", "transferred"]
    assert find_pretrained(sources["letter_vectors"]) == {"letter_vectors": sources["letter_vectors"]}


def test_a_feature_says_what_decides_its_costs(letters):
    def configuration(model, rounds):
        return Configuration({"features": "letter_vectors", "features.letter_vectors.model": model,
                              "features.letter_vectors.rounds": rounds, "model": "logistic"})

    few, many, other = configuration("a", 1), configuration("a", 4), configuration("b", 1)
    assert is_expensive(few)
    assert relative_cost(many) == 4 * relative_cost(few)
    assert cost_key(few) == cost_key(many) != cost_key(other)
    assert len({pretrained_kind(found) for found in (few, many, other)}) == 3


def test_a_folder_that_nothing_reads_is_refused_by_all_formats(letters, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ComponentError, match=r"as transformers writes them, .*or letters\.json"):
        find_pretrained(tmp_path / "empty")


def test_a_model_with_a_regularization_path_is_judged_along_it(outside, tmp_path):
    outside("shrunken")
    found = optimize_pipeline(toy("binary"), space=written(tmp_path, REGULARIZED), budget=Budget(seconds=None, trials=3),
                              workers=1, meta_learner=None)
    names = [(entry.origin, entry.configuration["model.shrunken_centroid.shrinkage"]) for entry in found.report.evaluations]
    asked = [value for origin, value in names if origin != "path"]
    varied = [value for origin, value in names if origin == "path"]
    assert varied
    assert {entry.status for entry in found.report.evaluations} == {"ok"}
    assert all(any(value == pytest.approx(factor * other) for other in asked for factor in (0.5, 2.0)) for value in varied)
    assert found.configuration["model"] == "shrunken_centroid"


def test_a_format_is_read_by_searches_and_pipelines(outside, tmp_path, quick):
    outside("survey_format")
    texts, labels = toy("binary")
    file = tmp_path / "answers.survey"
    file.write_text("%survey\n" + "".join(f"{text}\n= {label}\n" for text, label in zip(texts, labels, strict=True)), "utf-8")
    pipeline = optimize_pipeline(file, space=quick, budget=Budget(seconds=None, trials=2), workers=1, meta_learner=None)
    assert pipeline.classes_.tolist() == ["bad", "good"]
    assert pipeline.predict(file).tolist() == pipeline.predict(texts).tolist()
    assert pipeline.score(file) > 0.9


def test_a_meta_learner_is_taken_by_its_name(outside):
    learner = outside("quickest_first").QuickestFirst().fit(Experience.shipped())
    task = Task.read(toy("binary"))
    space, _ = SearchSpace.read("default").check(registry(), script_shares(task.texts), "en")
    suggestions = [dict(entry.configuration) for entry in learner.suggest(describe(task), space, 2).suggestions]
    pipeline = optimize_pipeline(task, budget=Budget(seconds=None, trials=2), workers=1, meta_learner="quickest_first")
    assert [dict(entry.configuration) for entry in pipeline.report.evaluations if entry.origin == "warm"] == suggestions


def test_nothing_is_left_registered():
    assert ".survey" not in readable_endings()
    assert "quickest_first" not in meta_learners()
    assert "letter_vectors" not in registry()["features"]
    assert "shrunken_centroid" not in registry()["model"]
