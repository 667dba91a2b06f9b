"""One configuration, or a path of them, judged by cross-validation."""

import numpy as np
import pytest

from autotext.components.features.word_tfidf import WordTfidf
from autotext.cross_validation import cross_validate as evaluating
from autotext.cross_validation.count_cache import CountCache
from autotext.cross_validation.cross_validate import TooSlowError, cross_validate
from autotext.pipeline import Chain
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.space import Configuration

TEXTS = ["a good day", "a bad day", "good evening", "bad evening", "so good", "so bad", "good film", "bad film a day"] * 3
TARGETS = np.array([0, 1] * 12)
FOLDS = [np.arange(start, 24, 3) for start in range(3)]
METRIC = Metric("accuracy", "binary")
VALIDATION = Validation(TARGETS, FOLDS, 2, METRIC, 0)


def configuration(**given):
    return Configuration({"tokenizer": "words", "features": "word_tfidf+char_tfidf", "model": "ridge", **given})


def test_a_path_is_judged_like_its_members_alone(monkeypatch):
    fits = []
    original = WordTfidf.fit
    monkeypatch.setattr(WordTfidf, "fit", lambda self, counts, y: fits.append(1) or original(self, counts, y))
    prepared = CountCache(TEXTS)
    members = [configuration(**{"model.ridge.alpha": alpha}) for alpha in (0.1, 10.0)]
    path = cross_validate(members, prepared, VALIDATION)
    assert len(fits) == len(FOLDS)
    for given, member in zip(members, path, strict=True):
        (alone,) = cross_validate([given], prepared, VALIDATION)
        np.testing.assert_allclose(member.margins, alone.margins, rtol=1e-5, atol=1e-6)
        assert (member.score, member.fold_scores, member.size) == (alone.score, alone.fold_scores, alone.size)
    assert not np.allclose(path[0].margins, path[1].margins)


def test_a_model_without_a_path_is_judged_alone():
    plain = configuration(model="neighbours")
    (judged,) = cross_validate([plain], CountCache(TEXTS), VALIDATION)
    assert 0 <= judged.score <= 1


def test_giving_up_between_steps_is_possible():
    calls = []

    def check():
        calls.append(1)
        if len(calls) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        cross_validate([configuration()], CountCache(TEXTS), VALIDATION, check=check)


def test_a_holdout_is_one_fit_whose_rows_its_folds_part(monkeypatch):
    folds = [np.arange(start, 8, 2) for start in range(2)]
    validation = Validation(TARGETS, folds, 2, METRIC, 0, holdout=True)
    trained = []
    original = WordTfidf.fit
    monkeypatch.setattr(WordTfidf, "fit", lambda self, counts, y: trained.append(len(y)) or original(self, counts, y))
    members = [configuration(**{"model.ridge.alpha": alpha}) for alpha in (0.1, 1e6)]
    results = cross_validate(members, CountCache(TEXTS), validation, seconds=1e-9)
    assert trained == [16]
    chain = Chain(members[0]).fit(TEXTS[8:], TARGETS[8:], 2, 0)
    for result in results:
        assert result.status == "ok"
        assert result.margins.shape == (8, 2)
        assert len(result.fold_scores) == 2
    np.testing.assert_allclose(results[0].margins, chain.margins(TEXTS[:8]), rtol=1e-4, atol=1e-5)


def test_what_a_path_shares_counts_for_each_as_if_alone(monkeypatch):
    now = [0.0]
    original = WordTfidf.fit

    def slow(self, counts, y):
        now[0] += 100.0
        return original(self, counts, y)

    monkeypatch.setattr(WordTfidf, "fit", slow)
    monkeypatch.setattr(evaluating.time, "perf_counter", lambda: now[0])
    members = [configuration(**{"model.ridge.alpha": alpha}) for alpha in (0.1, 1.0, 10.0)]
    path = cross_validate(members, CountCache(TEXTS), VALIDATION)
    assert now[0] == 300.0
    assert [judged.stage_seconds["fit"] for judged in path] == [300.0] * 3
    assert [judged.unshared_seconds for judged in path] == [0.0] * 3


def test_fewer_training_rows_are_a_part_of_them(monkeypatch):
    rows = []
    original = WordTfidf.fit
    monkeypatch.setattr(WordTfidf, "fit", lambda self, counts, y: rows.append(len(y)) or original(self, counts, y))
    cross_validate([configuration()], CountCache(TEXTS), VALIDATION, subsample=0.5)
    assert rows == [8, 8, 8]


@pytest.mark.parametrize(("seconds", "enough"), [(None, True), (301.0, True), (299.0, False)])
def test_what_would_take_too_long_is_given_up_after_the_first_fold(monkeypatch, seconds, enough):
    now = [0.0]
    original = WordTfidf.fit

    def slow(self, counts, y):
        now[0] += 100.0
        return original(self, counts, y)

    monkeypatch.setattr(WordTfidf, "fit", slow)
    monkeypatch.setattr(evaluating.time, "perf_counter", lambda: now[0])
    arguments = ([configuration()], CountCache(TEXTS), VALIDATION)
    if enough:
        cross_validate(*arguments, seconds=seconds)
        assert now[0] == 300.0
        return
    with pytest.raises(TooSlowError, match="about 300 s") as caught:
        cross_validate(*arguments, seconds=seconds)
    assert caught.value.seconds == 300.0
    assert now[0] == 100.0
