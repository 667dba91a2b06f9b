"""Static embeddings: the package's own numbers, offline, and only with the vectors they were learned with."""

import pickle
import socket
from pathlib import Path

import numpy as np
import pytest
import wordllama

from autotext import TextPipeline, load_pipeline
from autotext.components import component, static_table
from autotext.components.features import wordllama as ours
from autotext.errors import ArtifactError

TEXTS = ["a warm coat", "winter clothes", "the stock market fell", "le chat dort", "x", "Ünïcödé 123 !?", "word " * 60]


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket, "socket", refuse)
    ours._table.cache_clear()
    yield
    ours._table.cache_clear()


def vectors(texts):
    feature = component("features", "wordllama")()
    return feature.fit(feature.count(texts), None).transform(feature.count(texts)).toarray()


def test_vectors_are_those_of_the_package_without_a_network(offline):
    theirs = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    np.testing.assert_allclose(vectors(TEXTS), np.vstack([theirs.embed(text, norm=True) for text in TEXTS]), atol=1e-5)


def test_a_process_that_only_saves_does_not_load_the_vectors(monkeypatch):
    feature = component("features", "wordllama")()
    trained, expected = pickle.dumps(feature.fit(feature.count(TEXTS), None)), feature.state()

    def refuse():
        raise AssertionError("the vectors were loaded")

    monkeypatch.setattr(ours, "_table", refuse)
    assert pickle.loads(trained).state() == expected


def test_texts_at_once_are_as_one_by_one(monkeypatch):
    monkeypatch.setattr(static_table, "_AT_ONCE", 3)
    np.testing.assert_allclose(vectors(TEXTS), np.vstack([vectors([text]) for text in TEXTS]), atol=1e-6)


def test_nothing_has_no_direction():
    assert not vectors([""]).any()
    assert vectors([]).shape == (0, 256)


def test_only_the_beginning_of_a_long_text_counts():
    beginning = "good film " * 400
    np.testing.assert_array_equal(vectors([beginning]), vectors([beginning + "bad " * 10_000]))


def test_words_never_seen_are_understood():
    texts = ["a warm coat", "a thick sweater", "stocks fell", "the bank lent money"] * 3
    pipeline = TextPipeline({"features": "wordllama", "model": "linear_svm"})
    pipeline.fit(texts, ["clothes", "clothes", "money", "money"] * 3)
    assert pipeline.predict(["woollen scarf", "interest rates"]).tolist() == ["clothes", "money"]


def test_a_saved_pipeline_holds_no_vectors_and_refuses_others(tmp_path, monkeypatch):
    texts = ["a warm coat", "stocks fell"] * 6
    configuration = {"features": "char_tfidf+wordllama", "features.wordllama.weight": 0.7, "model": "logistic"}
    pipeline = TextPipeline(configuration).fit(texts, ["clothes", "money"] * 6)
    folder = tmp_path / "saved"
    pipeline.save(folder)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 100_000
    assert load_pipeline(folder).predict_proba(TEXTS) == pytest.approx(pipeline.predict_proba(TEXTS), abs=1e-6)
    table = ours._table()
    monkeypatch.setattr(ours, "_table", lambda: static_table.StaticTable(table.tokenizer, table.vectors * 2))
    with pytest.raises(ArtifactError, match="other vectors"):
        load_pipeline(folder)
