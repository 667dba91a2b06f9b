"""Which pipeline a search returns, whatever there is time for."""

from types import SimpleNamespace

import numpy as np
import pytest
from fakes import CHEAP, EXPENSIVE, OTHER, REPORT, Workers, configuration_of, evaluate, make_clock

from autotext.cross_validation.cross_validate import CrossValidationResult
from autotext.errors import SearchError
from autotext.scoring.bias_correction import ScoreEstimate
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.search.fallback import FallbackPipeline
from autotext.search.out_of_fold import OutOfFold
from autotext.search.refit import Refit
from autotext.search.score_estimate import ScoreEstimator
from autotext.search.selection import Selection
from autotext.space import Configuration
from autotext.task import Split, Task

ROWS = 1000
TARGETS = np.arange(ROWS) % 2
FOLDS = list(np.arange(ROWS).reshape(5, -1))
TEST = Task(("a", "b"), ("bad", "good"), ("bad", "good"), "binary")
LABELS = tuple(("bad", "good")[target] for target in TARGETS)
TASK = Task(tuple(map(str, range(ROWS))), LABELS, ("bad", "good"), "binary", test=TEST)
SPLIT = Split(np.arange(ROWS), FOLDS, np.arange(ROWS))


class Cost:
    """What refits are predicted to take: so many seconds for each candidate."""

    safety = 1.0

    def __init__(self, seconds, ensembles):
        self.costs, self.seconds, self.ensembles = self, seconds, ensembles

    def finishing_seconds(self, entry, safety=1.0):
        return self.seconds[entry.number]

    def refit_seconds(self, entry):
        return self.seconds[entry.number]

    def can_choose(self, board, fitted):
        return self.ensembles

    def can_fit(self, members, fitted):
        return True


def margins_of(wrong):
    """Margins that are wrong on some rows, and less sure there."""
    is_wrong = np.isin(np.arange(ROWS), wrong)
    return (np.eye(2)[np.where(is_wrong, 1 - TARGETS, TARGETS)] * np.where(is_wrong, 1.0, 3.0)[:, None]).astype(np.float32)


class Case:
    """A refit after a search that has evaluated some configurations, the first of which is the best."""

    def __init__(self, monkeypatch, configurations, *, seconds=(1.0, 1.0), failing=(), ensembles=False, remaining=10.0,
                 limit=100.0):
        clock, time = make_clock(monkeypatch, limit, trials=None if limit else 3)
        time.seconds += limit - remaining if limit else 0.0
        out_of_fold = OutOfFold(Validation(TARGETS, FOLDS, 2, Metric("accuracy", "binary"), 0))
        self.entries = []
        for number, configuration in enumerate(configurations):
            # Each is wrong on rows of its own, so that they are better together.
            margins = margins_of(np.arange(number, ROWS, 5 - number))
            score = float((margins.argmax(axis=1) == TARGETS).mean())
            stages = {"prepare": 0.0, "fit": 1.0, "predict": 0.0}
            self.entries.append(evaluate(number, score, configuration, stage_seconds=stages))
            out_of_fold.add(self.entries[-1], CrossValidationResult(score, (), {}, 0.0, 1, margins, margins.argmax(axis=1)))
        self.out_of_fold, self.report = out_of_fold, REPORT.replace(evaluations=tuple(self.entries))
        selection = Selection(out_of_fold)
        self.pool = Workers(lambda request: ("timeout", None) if configuration_of(request) in failing
                            else ("ok", f"fitted {configuration_of(request)['features']}"))
        self.estimator = ScoreEstimator(TASK, SPLIT, selection, self.pool, clock)
        self.refit = Refit(TASK, SPLIT, selection, self.pool, clock, Cost(seconds, ensembles), self.estimator)

    def run(self, fallback=None, **how):
        return self.refit.run(self.report, fallback or first("the first"), **how)

    def fallback(self, number):
        """A candidate that was refitted while the search went on."""
        entry = self.entries[number]
        return FallbackPipeline(CHEAP if number == 0 else OTHER, None, "fallback", entry, self.out_of_fold.margins(entry))

    @property
    def fitted(self):
        return list(map(configuration_of, self.pool.requests))


def first(chain=None, **fields):
    return FallbackPipeline(CHEAP, np.arange(5), chain, **fields)


@pytest.mark.parametrize(("seconds", "number"), [([5.0, 1.0], 0), ([50.0, 1.0], 1)])
def test_the_best_that_fits_the_time_is_refitted(seconds, number, monkeypatch):
    case = Case(monkeypatch, [CHEAP, OTHER], seconds=seconds)
    result = case.run()
    assert result.configuration == (CHEAP, OTHER)[number]
    assert result.chain == f"fitted {result.configuration['features']}"
    assert result.report.chosen == case.entries[number].fingerprint
    assert result.report.score == pytest.approx(case.entries[number].score)
    assert result.report.notes == ()


def test_without_a_limit_the_best_is_refitted_whatever_it_takes(monkeypatch):
    case = Case(monkeypatch, [CHEAP, OTHER], seconds=[1e9, 1.0], limit=None)
    assert case.run().configuration == CHEAP


def test_candidates_that_are_better_together_are_refitted_together(monkeypatch):
    case = Case(monkeypatch, [CHEAP, OTHER, EXPENSIVE], seconds=[1.0] * 3, ensembles=True)
    result = case.run()
    assert set(result.configuration) == {CHEAP, OTHER, EXPENSIVE}
    assert sorted(result.chain.chains) == ["fitted char_tfidf", "fitted fine_tuned", "fitted word_tfidf"]
    assert case.fitted[-1] == EXPENSIVE
    assert result.report.chosen == case.entries[0].fingerprint
    assert result.report.score > case.entries[0].score
    assert result.report.ensemble_gain > 0
    assert sum(member["weight"] for member in result.report.ensemble) == pytest.approx(1.0)


def test_a_user_who_waits_gets_the_best_alone(monkeypatch):
    case = Case(monkeypatch, [CHEAP, OTHER, EXPENSIVE], seconds=[1.0] * 3, ensembles=True)
    assert case.run(hurry=True).configuration == CHEAP


def test_a_member_that_was_fitted_on_the_way_is_not_fitted_again(monkeypatch):
    case = Case(monkeypatch, [CHEAP, OTHER, EXPENSIVE], seconds=[1.0] * 3, ensembles=True)
    result = case.run(case.fallback(1))
    assert sorted(result.chain.chains) == ["fallback", "fitted char_tfidf", "fitted fine_tuned"]
    assert case.fitted == [CHEAP, EXPENSIVE]


def test_where_not_all_members_are_ready_in_time_one_that_is_becomes_the_result_alone(monkeypatch):
    case = Case(monkeypatch, [CHEAP, OTHER, EXPENSIVE], seconds=[1.0] * 3, ensembles=True, failing=(OTHER,))
    result = case.run()
    assert (result.configuration, result.chain) == (CHEAP, "fitted char_tfidf")
    assert result.report.notes == ("An ensemble could not be refitted in the time left.",)


def test_a_fallback_pipeline_is_preferred_to_a_member_that_is_worse(monkeypatch):
    for score, chain in ((0.78, "fallback"), (0.6, "fitted word_tfidf")):
        case = Case(monkeypatch, [EXPENSIVE, OTHER, CHEAP], seconds=[1.0] * 3, ensembles=True, failing=(EXPENSIVE,))
        other = Configuration({"features": "char_tfidf", "model": "sgd"})
        margins = case.out_of_fold.margins(case.entries[2])
        result = case.run(FallbackPipeline(other, None, "fallback", evaluate(9, score, other), margins))
        assert result.chain == chain
        assert result.report.notes == ("An ensemble could not be refitted in the time left.",)


def test_a_member_that_is_the_fallback_pipeline_may_be_the_result_alone(monkeypatch):
    case = Case(monkeypatch, [EXPENSIVE, OTHER, CHEAP], seconds=[1.0] * 3, ensembles=True, failing=(EXPENSIVE,))
    result = case.run(case.fallback(1))
    assert (result.configuration, result.chain) == (OTHER, "fallback")
    assert result.report.notes == ("An ensemble could not be refitted in the time left.",)


def test_where_the_leader_is_too_slow_or_fails_what_was_fitted_on_the_way_is_the_result(monkeypatch):
    for seconds, failing in (([50.0, 50.0], ()), ([1.0, 1.0], (CHEAP,))):
        case = Case(monkeypatch, [CHEAP, OTHER], seconds=seconds, failing=failing)
        result = case.run(case.fallback(1))
        assert (result.configuration, result.chain) == (OTHER, "fallback")
        assert case.fitted == list(failing)


def test_what_was_fitted_on_the_way_is_not_fitted_again(monkeypatch):
    case = Case(monkeypatch, [CHEAP, OTHER])
    result = case.run(case.fallback(0))
    assert (result.configuration, result.chain, case.fitted) == (CHEAP, "fallback", [])


@pytest.mark.parametrize(("seconds", "number", "rows"), [
    ([20.0, 11.0], 1, 529), ([11.5, 11.0], 0, 506), ([200.0, 100.0], 1, 58)])
def test_where_no_refit_fits_the_time_a_candidate_is_fitted_on_a_part_of_the_rows(seconds, number, rows, monkeypatch):
    case = Case(monkeypatch, [CHEAP, OTHER], seconds=seconds)
    result = case.run()
    assert result.configuration == (CHEAP, OTHER)[number]
    assert [len(request.rows) for request in case.pool.requests] == [rows]
    assert result.report.notes == (f"There was no time to refit on all rows: the pipeline was fitted on {rows} of 1,000. Give "
                                   "more time.",)


def test_the_first_pipeline_is_the_result_only_where_nothing_has_a_score(monkeypatch):
    result = Case(monkeypatch, []).run()
    assert (result.configuration, result.chain) == (CHEAP, "the first")
    assert result.report.notes[-1].startswith("No candidate was judged and refitted in time: this is the first pipeline, "
                                              "fitted on 5 rows and not judged.")


def test_a_first_pipeline_that_was_not_tried_yet_is_fitted_now(monkeypatch):
    case = Case(monkeypatch, [], remaining=0.0)
    assert case.run(first()).chain == "fitted char_tfidf"
    assert case.pool.timeouts == [1.0]


@pytest.mark.parametrize(("notes", "errors", "says"), [
    ((), (), "not even the first pipeline (char_tfidf > ridge, 5 rows) was ready. Give more time: budget=200."),
    (("The first pipeline could not be fitted: stopped after 4.0 s",), (), "stopped after 4.0 s"),
    ((), ("ValueError: this component is broken",), "1 candidates were tried, and none could be judged and fitted. "
     "What went wrong: ValueError: this component is broken"),
])
def test_why_nothing_could_be_fitted_is_always_said(notes, errors, says, monkeypatch):
    case = Case(monkeypatch, [])
    failed = [evaluate(0, None, status="failed", error=error) for error in errors]
    case.report = REPORT.replace(notes=notes, evaluations=tuple(failed))
    with pytest.raises(SearchError, match=r"Nothing could be fitted in 90\.0 s: ") as caught:
        case.run(first(failed=True))
    assert says in str(caught.value)


@pytest.mark.parametrize("partial", [0, 2])
def test_how_many_were_evaluated_on_one_fold_alone_is_said(partial, monkeypatch):
    case = Case(monkeypatch, [CHEAP])
    case.report = case.report.replace(evaluations=(*case.entries, *[evaluate(number + 1, None, EXPENSIVE, "part")
                                                                    for number in range(partial)]))
    notes = case.run().report.notes
    assert [note.split(" were ")[0] for note in notes] == ["2 candidates that take long to train"] * (partial > 0)


@pytest.mark.parametrize("gain", [0.0, 0.05, 0.5])
def test_no_more_than_what_was_cross_validated_and_is_learned_from_more_rows_is_expected(gain, monkeypatch):
    case = Case(monkeypatch, [CHEAP])
    case.estimator.score_estimate = ScoreEstimate(0.76, (0.6, 0.9), 200, learning=0.02)
    case.report = case.report.replace(ensemble_gain=gain)
    result = case.run().report
    assert result.score == pytest.approx(0.8)
    assert result.expected_score == pytest.approx(0.76 + min(gain, 0.06))
    assert result.learning_gain == 0.02


def test_the_score_is_estimated_while_the_best_is_refitted(monkeypatch):
    case, calls = Case(monkeypatch, [CHEAP, OTHER]), []
    estimator = SimpleNamespace(score_estimate=None, estimate=lambda chosen, board: calls.append(("estimate", chosen.number)),
                                submit_subsampled=lambda chosen: calls.append(("submit", chosen.number)) or "job",
                                correct=lambda chosen, job: calls.append(("correct", chosen.number, job)))
    clock, _ = make_clock(monkeypatch, 100)
    refit = Refit(TASK, SPLIT, Selection(case.out_of_fold), case.pool, clock, Cost([1.0, 1.0], False), estimator)
    refit.run(case.report, first("the first"))
    assert calls == [("submit", 0), ("estimate", 0), ("correct", 0, "job"), ("estimate", 0)]
