import numpy as np

from autotext.evaluation import Evaluation
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.search.ensemble import choose_ensemble, n_candidates

ROWS = 900
TARGETS = np.random.default_rng(9).integers(0, 3, ROWS)
FOLDS = [np.arange(start, ROWS, 3) for start in range(3)]
VALIDATION = Validation(TARGETS, FOLDS, 3, Metric("accuracy", "multiclass"), 0)


def noisy(seed, noise, shared=0.0):
    common = np.random.default_rng(77).normal(size=(ROWS, 3))
    own = np.random.default_rng(seed).normal(size=(ROWS, 3))
    return 2.0 * np.eye(3)[TARGETS] + noise * (shared * common + (1 - shared) * own)


def board(number):
    return [Evaluation(place, {"features": "char_tfidf", "model": "ridge"}, f"c{place}", "search", "ok", 0.9 - 0.001 * place)
            for place in range(number)]


def chosen(margins, can_fit=lambda members: True, **given):
    return choose_ensemble(board(len(margins)), margins, VALIDATION, can_fit, **given)


def accuracy(margins):
    return float((margins.argmax(axis=1) == TARGETS).mean())


def test_independent_errors_make_an_ensemble():
    margins = [noisy(seed, 2.0) for seed in range(6)]
    ensemble = chosen(margins)
    assert len(ensemble.members) > 1
    assert ensemble.gain > 0.03
    assert accuracy(ensemble.margins) > max(map(accuracy, margins)) + 0.03
    assert [weight.member for weight in ensemble.weights] == list(range(len(ensemble.members)))


def test_equal_candidates_make_none():
    assert chosen([noisy(0, 2.0)] * 5) is None
    assert chosen([noisy(0, 2.0)]) is None


def test_an_ensemble_that_does_not_win_out_of_fold_is_not_chosen():
    useless = [np.random.default_rng(seed).normal(size=(ROWS, 3)) for seed in range(5)]
    assert chosen([20.0 * np.eye(3)[TARGETS], *useless]) is None


def test_an_ensemble_that_is_trusted_need_not_win():
    useless = [np.random.default_rng(seed).normal(size=(ROWS, 3)) for seed in range(5)]
    ensemble = chosen([20.0 * np.eye(3)[TARGETS], *useless], trusted=True)
    assert len(ensemble.members) > 1
    assert ensemble.gain <= 0


def test_what_cannot_be_afforded_is_not_chosen():
    margins = [noisy(seed, 2.0) for seed in range(6)]
    assert len(chosen(margins, lambda members: len(members) <= 2).members) == 2
    assert chosen(margins, lambda members: len(members) <= 1) is None


def test_fewer_are_looked_at_where_each_has_many_margins():
    assert n_candidates(1000, 2) == 16
    assert 5 <= n_candidates(20_000, 150) < n_candidates(5000, 150) < 16
