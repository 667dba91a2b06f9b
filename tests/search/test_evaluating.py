"""One configuration, or a path of them, judged by cross-validation."""

import numpy as np
import pytest

from autotext.components.features.word_tfidf import WordTfidf
from autotext.metrics import Metric
from autotext.search.evaluating import cross_validate
from autotext.search.prepared import Prepared
from autotext.space import Configuration

TEXTS = ["a good day", "a bad day", "good evening", "bad evening", "so good", "so bad", "good film", "bad film a day"] * 3
TARGETS = np.array([0, 1] * 12)
FOLDS = [np.arange(start, 24, 3) for start in range(3)]
METRIC = Metric("accuracy", "binary")


def configuration(**given):
    return Configuration({"tokenizer": "words", "features": "word_tfidf+char_tfidf", "model": "ridge", **given})


def test_a_path_is_judged_like_its_members_alone(monkeypatch):
    fits = []
    original = WordTfidf.fit
    monkeypatch.setattr(WordTfidf, "fit", lambda self, counts, y: fits.append(1) or original(self, counts, y))
    prepared = Prepared(TEXTS)
    members = [configuration(**{"model.ridge.alpha": alpha}) for alpha in (0.1, 10.0)]
    path = cross_validate(members, prepared, TARGETS, FOLDS, 2, METRIC, 0)
    assert len(fits) == len(FOLDS)
    for given, member in zip(members, path, strict=True):
        (alone,) = cross_validate([given], prepared, TARGETS, FOLDS, 2, METRIC, 0)
        np.testing.assert_allclose(member.margins, alone.margins, rtol=1e-5, atol=1e-6)
        assert (member.score, member.fold_scores, member.size) == (alone.score, alone.fold_scores, alone.size)
    assert not np.allclose(path[0].margins, path[1].margins)


def test_a_model_without_a_path_is_judged_alone():
    plain = configuration(model="neighbours")
    (judged,) = cross_validate([plain], Prepared(TEXTS), TARGETS, FOLDS, 2, METRIC, 0)
    assert 0 <= judged.score <= 1


def test_giving_up_between_steps_is_possible():
    calls = []

    def check():
        calls.append(1)
        if len(calls) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        cross_validate([configuration()], Prepared(TEXTS), TARGETS, FOLDS, 2, METRIC, 0, check)
