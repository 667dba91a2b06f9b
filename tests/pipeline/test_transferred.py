"""What one task teaches about another: answers and networks of earlier pipelines."""

import pickle
import shutil

import numpy as np
import pytest
from conftest import toy

from autotext import Budget, TextPipeline, load_pipeline, optimize_pipeline
from autotext.errors import ArtifactError, SpaceError

# Nothing tells the two sides apart but what another task teaches.
SAME = [f"the {thing} was {word}" for thing in ("film", "book", "meal", "room", "song", "play")
        for word in ("lovely", "great", "awful", "dull")]
SIDES = [word in ("lovely", "great") for text in SAME for word in [text.rsplit(" ", 1)[1]]]


def test_classes_need_not_be_shared_and_few_labels_are_enough(tmp_path):
    source = TextPipeline({"features": "word_tfidf", "tokenizer": "words", "model": "logistic"}).fit(
        SAME, ["up" if side else "down" for side in SIDES])
    source.save(tmp_path / "source")
    given = {"features": "transferred", "features.transferred.model": str(tmp_path / "source"), "model": "logistic"}
    texts, labels = [text for text in SAME if "lovely" in text or "awful" in text][:8], [1, 0] * 4
    found = TextPipeline(given).fit(texts, labels)
    # Words that no labelled text of this task has.
    assert found.predict(["a great day", "a dull day"]).tolist() == [1, 0]


def test_a_search_says_whether_it_helped_and_its_pipeline_needs_the_source_no_more(source_folder, tmp_path):
    folder = str(shutil.copytree(source_folder, tmp_path / "source"))
    texts, labels = toy("korean")
    found = optimize_pipeline((texts, labels), transfer_from=folder, workers=1, budget=Budget(seconds=None, trials=6))
    tried = {entry.configuration["features"] for entry in found.report.evaluations}
    assert "transferred" in tried
    assert [note for note in found.report.notes if note.startswith(f"With {folder!r} the best candidate scored")]
    chosen = next(entry.configuration for entry in found.report.evaluations if entry.configuration["features"] == "transferred")
    pipeline = TextPipeline(chosen).fit(texts, labels)
    expected = pipeline.predict_proba(texts)
    pipeline.save(tmp_path / "saved")
    shutil.rmtree(folder)
    np.testing.assert_allclose(load_pipeline(tmp_path / "saved").predict_proba(texts), expected, atol=1e-12)
    # What was transferred to can be transferred from.
    other = {"features": "transferred", "features.transferred.model": str(tmp_path / "saved"), "model": "logistic"}
    TextPipeline(other).fit(texts, labels).save(tmp_path / "third")
    assert load_pipeline(tmp_path / "third").predict(texts[:1])[0] in ("good", "bad")


def test_a_pipeline_in_hand_is_enough_and_its_network_is_trained_further(encoder_folder):
    texts, labels = toy("multiclass")
    source = TextPipeline({"features": "fine_tuned", "features.fine_tuned.model": encoder_folder,
                           "features.fine_tuned.epochs": 1, "model": "logistic"}).fit(texts, labels)
    found = optimize_pipeline(toy("binary"), transfer_from=[source], workers=1, budget=Budget(seconds=None, trials=16))
    tried = {entry.configuration["features"] for entry in found.report.evaluations}
    assert tried >= {"transferred", "encoder", "fine_tuned"}
    assert not any(entry.status == "failed" for entry in found.report.evaluations)
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_allclose(again.predict_proba(texts), found.predict_proba(texts), atol=1e-6)


def test_a_search_that_transfers_goes_on_where_it_ended(source_folder, tmp_path):
    source, task = load_pipeline(source_folder), toy("binary")

    def run(trials):
        return optimize_pipeline(task, transfer_from=[source], workers=1, storage=tmp_path / "kept",
                                 budget=Budget(seconds=None, trials=trials)).report

    first, second = run(5), run(7)
    assert second.resumed == len(first.evaluations)
    assert len(second.evaluations) > len(first.evaluations)


def test_what_is_no_pipeline_is_refused():
    with pytest.raises(ArtifactError, match="does not exist"):
        optimize_pipeline(toy("binary"), transfer_from="no-such-folder", workers=1, budget=Budget(seconds=None, trials=1))


def test_a_space_without_a_place_for_it_is_named(source_folder):
    with pytest.raises(SpaceError, match=r"no place for .*transferred"):
        optimize_pipeline(toy("binary"), space="fast", transfer_from=source_folder, workers=1,
                          budget=Budget(seconds=None, trials=1))
