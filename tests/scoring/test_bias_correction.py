import numpy as np
import pytest

from autotext.scoring.bias_correction import (
    Contest,
    Resampling,
    ScoreEstimate,
    add_learning_gain,
    estimate_score,
    resampled_interval,
    shifted,
    training_share,
)
from autotext.scoring.bootstrap import scorer
from autotext.scoring.metrics import Metric

ACCURACY = Metric("accuracy", "binary")


def judged(right, seed=0, chosen=None, groups=None, sizes=None, **more):
    """Score estimate of candidates of which it is known which rows they get right."""
    n_rows, n_candidates = right.shape
    targets = np.zeros(n_rows, dtype=int)
    of = scorer(ACCURACY, targets, list((1 - right).T), 2)
    sizes = np.ones(n_candidates) if sizes is None else sizes
    chosen = int(right.mean(axis=0).argmax()) if chosen is None else chosen
    groups = np.arange(n_rows) if groups is None else groups
    return estimate_score(Contest(of, right.astype(np.uint8), sizes, chosen), groups, seed, resampling=Resampling(**more))


def flips(seed, n_rows, n_candidates, chance=0.5):
    return (np.random.default_rng(seed).random((n_rows, n_candidates)) < chance).astype(int)


def test_the_best_of_many_coin_flippers_is_a_coin_flipper():
    scores = [judged(flips(seed, 100, 100), seed).score for seed in range(20)]
    raw = [flips(seed, 100, 100).mean(axis=0).max() for seed in range(20)]
    assert np.mean(raw) > 0.6
    assert 0.47 < np.mean(scores) < 0.53
    assert all(0.4 < score < 0.6 for score in scores)


def test_the_intervals_of_coin_flippers_cover_chance():
    covered = [found.interval[0] <= 0.5 <= found.interval[1] for found in
               (judged(flips(seed, 100, 100), seed, resamples=60) for seed in range(100))]
    assert np.mean(covered) >= 0.83


def test_one_candidate_keeps_its_score():
    right = flips(0, 500, 1, 0.8)
    found = judged(right)
    assert found.score == pytest.approx(right.mean(), abs=0.005)
    assert found.resamples == 200


def test_a_clear_winner_keeps_its_score():
    right = np.column_stack([flips(0, 500, 1, 0.9), flips(1, 500, 20, 0.5)])
    assert judged(right).score == pytest.approx(right[:, 0].mean(), abs=0.005)


def test_copies_are_drawn_together():
    drawn = []
    groups = np.repeat(np.arange(40), 3)

    def seen(weights, candidates):
        drawn.append(weights)
        return np.full((len(weights), len(candidates)), 0.5)

    estimate_score(Contest(seen, np.ones((120, 2)), np.ones(2), 0), groups, 0)
    for weights in drawn:
        by_group = weights.reshape(len(weights), 40, 3)
        assert (by_group == by_group[:, :, :1]).all()


def test_copies_make_the_interval_as_wide_as_their_number_says():
    once = flips(0, 200, 1, 0.7)
    copied = np.repeat(once, 4, axis=0)
    width = {name: found.interval[1] - found.interval[0] for name, found in
             {"once": judged(once), "copied": judged(copied, groups=np.repeat(np.arange(200), 4)),
              "blind": judged(copied)}.items()}
    assert width["copied"] == pytest.approx(width["once"], rel=0.25)
    assert width["blind"] < 0.7 * width["once"]


def test_the_same_seed_gives_the_same_and_another_seed_almost():
    right = flips(3, 300, 10, 0.7)
    assert judged(right, 5) == judged(right, 5)
    assert judged(right, 5) != judged(right, 6)
    assert judged(right, 5).score == pytest.approx(judged(right, 6).score, abs=0.02)


@pytest.mark.parametrize("n_candidates", [1, 5, 50])
def test_an_interval_is_not_much_wider_than_the_binomial_one(n_candidates):
    right = flips(1, 1000, n_candidates, 0.8)
    found = judged(right)
    binomial = 2 * 1.645 * np.sqrt(found.score * (1 - found.score) / 1000)
    assert 1.0 < (found.interval[1] - found.interval[0]) / binomial <= 1.5


@pytest.mark.parametrize("fresh", [300, 900, 100_000])
def test_intervals_cover_the_score_of_the_chosen_on_a_fresh_sample(fresh):
    """Candidates that agree on most rows, as pipelines do; the chosen one meets rows of the same kind."""
    covered = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        skill = rng.uniform(0.7, 0.8, 12)

        def rows(number, skill=skill, rng=rng):
            shared, own = rng.random((number, 1)), rng.random((number, 12))
            return (np.where(rng.random((number, 12)) < 0.8, shared, own) < skill).astype(int)

        right = rows(300)
        chosen = int(right.mean(axis=0).argmax())
        found = judged(right, seed, chosen, resamples=60)
        test = rng.binomial(fresh, skill[chosen]) / fresh
        covered.append(found.interval[0] <= test <= found.interval[1])
    assert 0.83 <= np.mean(covered) <= 0.97


def test_practical_ties_go_to_the_smaller_model():
    right = flips(0, 2000, 1, 0.8).repeat(2, axis=1)
    seen = []

    def of(weights, candidates):
        seen.append(candidates.tolist())
        return np.tile([[0.8, 0.8]], (len(weights), 1))[:, candidates]

    estimate_score(Contest(of, right, np.array([9, 3]), 1), np.arange(2000), 0, resampling=Resampling(20))
    assert [1] in seen
    assert [0] not in seen


def test_no_error_at_all_is_not_certainty():
    found = judged(np.ones((50, 3), dtype=int))
    assert found.score == 1.0
    assert found.interval[1] == 1.0
    assert 0.9 < found.interval[0] < 1.0


def test_no_time_gives_no_score():
    assert judged(flips(0, 100, 3), seconds=0.0) is None


def test_interval_of_sealed_rows():
    right = flips(0, 400, 1, 0.9)
    of = scorer(ACCURACY, np.zeros(400, dtype=int), list((1 - right).T), 2)
    low, high = resampled_interval(of, right.mean(), np.arange(400), 0)
    binomial = 2 * 1.645 * np.sqrt(right.mean() * (1 - right.mean()) / 400)
    assert low < right.mean() < high
    assert (high - low) / binomial == pytest.approx(1.0, abs=0.2)
    assert resampled_interval(of, right.mean(), np.arange(400), 0, resampling=Resampling(seconds=0.0)) is None


def test_the_missing_rows_are_extrapolated_along_a_power_law():
    limit, scale = 0.95, 2.0

    def score(rows):
        return limit - scale * rows**-0.5

    known = ScoreEstimate(score(800), (score(800) - 0.02, score(800) + 0.02), 200)
    learned = add_learning_gain(known, score(800) - score(400), 0.0, share=0.8, subsample=0.5)
    assert learned.score == pytest.approx(score(1000), abs=1e-9)
    assert learned.learning == pytest.approx(score(1000) - score(800), abs=1e-9)
    assert learned.interval == pytest.approx((score(1000) - 0.02, score(1000) + 0.02), abs=0.002)


def test_a_falling_curve_takes_nothing_away_and_doubt_widens_the_interval():
    known = ScoreEstimate(0.8, (0.78, 0.82), 200)
    assert add_learning_gain(known, -0.05, 0.0, 0.8, 0.5).score == 0.8
    low, high = add_learning_gain(known, 0.0, 0.02**2, 0.8, 0.5).interval
    assert low < 0.78 < 0.82 < high


def test_a_bounded_score_stays_within_its_bound():
    known = ScoreEstimate(0.99, (0.98, 1.0), 200)
    assert shifted(known, 0.05).score == 1.0
    assert shifted(known, 0.05).interval == pytest.approx((0.99, 1.0))
    perfect = ScoreEstimate(1.0, (0.94, 1.0), 200)
    assert shifted(perfect, 0.3) == perfect
    assert add_learning_gain(perfect, 0.4, 0.0, 0.8, 0.5).score == 1.0
    assert add_learning_gain(perfect, 0.4, 0.0, 0.8, 0.5).interval[1] == 1.0
    assert shifted(known, 0.05, best=float("inf")).score == pytest.approx(1.04)
    assert shifted(ScoreEstimate(-0.02, (-0.05, 0.0), 200), 0.05, best=0.0).score == 0.0


LEARNING_CURVES = [(0.95, 0.11, 2 / 3), (0.95, 0.9, 2 / 3), (0.5, 0.4, 0.8), (0.99, 0.2, 0.8)]


@pytest.mark.parametrize(("score", "gap", "share"), LEARNING_CURVES)
def test_what_learning_adds_never_takes_all_of_the_loss(score, gap, share):
    """Five thousand rows of ten topics: with half the rows they lose twice as much and more."""
    learned = add_learning_gain(ScoreEstimate(score, (score - 0.01, score + 0.01), 200), gap, 0.0, share, 0.5)
    left = 1.0 - learned.score
    assert (1.0 - score) * share**1.5 <= left + 1e-9
    assert left < 1.0 - score


def test_a_rate_of_which_most_is_wrong_rises_faster_than_its_loss_tells():
    """Classes of three rows: the odds of an error fall from one row to two, and go on so to the third."""
    known = ScoreEstimate(0.43, (0.40, 0.46), 200)
    rate = add_learning_gain(known, 0.19, 0.0, 2 / 3, 0.5, rate=True)
    other = add_learning_gain(known, 0.19, 0.0, 2 / 3, 0.5)
    odds = [(1 - score) / score for score in (0.24, 0.43, rate.score)]
    assert np.log(odds[1] / odds[2]) / np.log(1.5) == pytest.approx(np.log(odds[0] / odds[1]) / np.log(2.0))
    assert rate.score > other.score + 0.03


@pytest.mark.parametrize("rate", [False, True])
def test_a_gap_no_larger_than_its_noise_brings_little(rate):
    known = ScoreEstimate(0.6, (0.57, 0.63), 200)
    sure, noisy = (add_learning_gain(known, 0.06, variance, 0.8, 0.5, rate=rate).learning for variance in (0.0, 0.06**2))
    assert noisy == pytest.approx(sure / 2, rel=0.1)


def test_shares_of_rows_are_rates():
    names = {"accuracy", "balanced_accuracy", "f1_micro", "f1_macro", "f1_weighted", "roc_auc_ovr_weighted",
             "matthews_corrcoef", "neg_log_loss"}
    assert {name for name in names if Metric(name, "multiclass").is_rate} == {"accuracy", "f1_micro", "f1_weighted"}


def test_what_learning_adds_is_itself_in_doubt():
    known = ScoreEstimate(0.8, (0.79, 0.81), 200)
    low, high = add_learning_gain(known, 0.08, 0.0, share=0.8, subsample=0.5).interval
    assert 0.03 < high - low < 0.06


def test_a_log_loss_without_any_error_is_as_uncertain_as_an_error_would_make_it():
    """Sixty rows that are told apart without an error say little about the sixty-first."""
    metric = Metric("neg_log_loss", "binary")
    scores = np.full((1, 1), -0.02)
    contest = Contest(lambda weights, candidates: np.repeat(scores, len(weights), axis=0), np.ones((60, 1)), np.ones(1), 0)
    found = estimate_score(contest, np.arange(60), 0, best=metric.best, wrong=metric.wrong(60), resampling=Resampling(20))
    assert found.score == pytest.approx(-0.02)
    assert found.interval[0] < -0.02 - np.log(60) / 60
    assert found.interval[1] <= 0.0


@pytest.mark.parametrize("name", ["f1_macro", "balanced_accuracy", "recall_macro"])
def test_classes_that_a_resample_lacks_do_not_raise_the_score(name):
    """One candidate has nothing to correct, whatever the metric."""
    rng = np.random.default_rng(0)
    targets = np.append(rng.integers(0, 2, 180), np.arange(2, 22))
    predicted = np.where(targets < 2, targets, 0)
    of = scorer(Metric(name, "multiclass"), targets, [predicted], 22)
    raw = of(np.ones((1, 200), dtype=np.float32), np.arange(1))[0, 0]
    found = estimate_score(Contest(of, (predicted == targets)[:, None], np.ones(1), 0), np.arange(200), 0)
    assert raw < 0.12
    assert found.score == pytest.approx(raw, abs=1e-9)


def test_resamples_in_which_a_metric_is_undefined_are_not_counted():
    targets, rng = (np.arange(60) < 2).astype(int), np.random.default_rng(0)
    predictions = [np.where(rng.random(60) < 0.8, targets, 1 - targets) for _ in range(3)]
    right = np.column_stack([predicted == targets for predicted in predictions]).astype(np.uint8)
    of = scorer(Metric("f1", "binary"), targets, predictions, 2)
    found = estimate_score(Contest(of, right, np.ones(3), 0), np.arange(60), 0)
    # Rows drawn lack both of the two positive rows in 13 of 100 resamples, rows not drawn more often.
    assert 80 < found.resamples < 190
    assert np.isfinite([found.score, *found.interval]).all()


@pytest.mark.parametrize(("counts", "macro", "share"), [
    ([100, 100], False, 0.8), ([3] * 40, False, 2 / 3), ([10, 10], False, 0.8), ([80, 30, 9, 3, 2, 1, 1], False, 0.83),
    ([100, 20, 5, 3, 2], True, (3 * 0.8 + 2 / 3 + 1 / 2) / 5),
])
@pytest.mark.parametrize("indicators", [False, True])
def test_few_rows_of_every_class_make_a_held_out_row_dear(counts, macro, share, indicators):
    """With three rows of each of forty classes, a held-out row's class is learned from two of them, whatever the folds."""
    targets = np.repeat(np.arange(len(counts)), counts)
    folds = [np.arange(place, len(targets), 5) for place in range(5)]
    given = np.eye(len(counts), dtype=np.int8)[targets] if indicators else targets
    assert training_share(given, folds, macro=macro) == pytest.approx(share, abs=0.002)


def test_where_folds_hold_out_a_part_of_the_rows_nearly_all_are_trained_on():
    folds = [np.arange(place, 1000, 20) for place in range(3)]
    assert training_share(np.arange(1000) // 7 % 2, folds, macro=False) == pytest.approx(0.95, abs=0.002)


def test_classes_drawn_at_random_have_as_many_rows_for_a_new_text_as_beside_a_held_out_one():
    """Of 150 classes with five rows on the average, a row's class has six, of which about five are trained on."""
    targets = np.sort(np.random.default_rng(0).integers(0, 150, 750))
    folds = [np.arange(place, 750, 5) for place in range(5)]
    assert training_share(targets, folds, macro=False) == pytest.approx(0.95, abs=0.02)


def test_what_candidates_differ_by_in_this_sample_alone_is_not_expected_again():
    """They differ more than resampled rows tell, as their training sets do, and not by more than such chance."""
    best, expected = [], []
    for seed in range(4):
        luck = 0.5 + 0.02 * np.random.default_rng(seed).standard_normal(30)
        right = np.column_stack([flips(100 * seed + number, 500, 1, share) for number, share in enumerate(luck)])
        best.append(right.mean(axis=0).max())
        expected.append(judged(right).score)
    assert np.mean(best) > 0.56
    assert np.mean(expected) < 0.51


def test_where_the_loss_fell_faster_than_the_root_of_the_rows_it_goes_on_so():
    """At half the rows 0.18 of them are wrong, at all 0.08; so it falls with a power of 1.17."""
    learned = add_learning_gain(ScoreEstimate(0.92, (0.91, 0.93), 200), 0.10, 0.0, 2 / 3, 0.5)
    assert learned.score == pytest.approx(1.0 - 0.08 * (2 / 3) ** 1.17, abs=0.001)
