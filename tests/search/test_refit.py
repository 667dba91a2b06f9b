"""How the members of an ensemble are refitted, and who answers where not all of them could be."""

from types import SimpleNamespace

import numpy as np
import pytest

from autotext import Budget
from autotext.errors import SearchError
from autotext.evaluation import Evaluation
from autotext.report import Report
from autotext.scoring.bias_correction import ScoreEstimate
from autotext.scoring.metrics import Metric
from autotext.search.refit import FallbackPipeline, Refit
from autotext.space import Configuration

CHEAP = Configuration({"features": "char_tfidf", "model": "ridge"})
OTHER = Configuration({"features": "word_tfidf", "model": "ridge"})
COSTLY = Configuration({"features": "fine_tuned", "features.fine_tuned.model": "minilm", "model": "logistic"})


class Pool:
    """Two workers that do a job each time they are waited for; remembers what ran beside what."""

    size = 2

    def __init__(self, failing=()):
        self.jobs, self.beside, self.failing = [], [], failing

    @property
    def idle(self):
        return self.size - len(self.jobs)

    @property
    def ready(self):
        return self.idle > 0

    def submit(self, request, timeout, note=None, waits=True):
        job = SimpleNamespace(status="", value=None, error="", configuration=request.configuration)
        self.jobs.append(job)
        self.beside.append([other.configuration for other in self.jobs])
        return job

    def wait(self, seconds):
        job = self.jobs.pop(0)
        failed = job.configuration in self.failing
        job.status, job.value = ("timeout", None) if failed else ("ok", f"fitted {job.configuration['features']}")

    def cancel(self, job, grace=0.5):
        self.jobs.remove(job)


def finish(pool):
    clock = SimpleNamespace(limited=True, remaining=100.0, slowdown=1.0, stretched=float)
    out_of_fold = SimpleNamespace(margins=lambda evaluation: None)
    found = Refit(SimpleNamespace(test=True), None, None, Budget(seconds=100), clock, pool, out_of_fold, SimpleNamespace(),
                  None, np.zeros(10), 0)
    return found


def test_expensive_members_are_refitted_last_and_alone():
    pool = Pool()
    fitted = finish(pool)._fit([COSTLY, CHEAP, COSTLY, OTHER], None, None)
    assert fitted == ["fitted fine_tuned", "fitted char_tfidf", "fitted fine_tuned", "fitted word_tfidf"]
    assert pool.beside == [[CHEAP], [CHEAP, OTHER], [COSTLY], [COSTLY]]


@pytest.mark.parametrize(("failing", "answers"), [((COSTLY,), 1), ((CHEAP, COSTLY), None)])
def test_where_not_all_members_are_ready_in_time_the_first_that_is_answers_alone(failing, answers, monkeypatch):
    members = [Evaluation(number, given.to_json(), given.fingerprint, "search", "ok", 0.5)
               for number, given in enumerate((COSTLY, CHEAP))]
    monkeypatch.setattr(Refit, "_alone", lambda self, report, evaluation, chain, margins: (evaluation.number, chain))
    found = finish(Pool(failing))
    result = found._ensemble(None, SimpleNamespace(members=members), members[0])
    assert result == (None if answers is None else (answers, "fitted char_tfidf"))
    assert "An ensemble could not be refitted in the time left." in found.notes


@pytest.mark.parametrize("gain", [0.0, 0.05, 0.5])
def test_no_more_than_what_was_cross_validated_and_is_learned_from_more_rows_is_expected(gain):
    targets = np.arange(20) % 2
    answers = np.where(np.arange(20) < 4, 1 - targets, targets)
    found = finish(Pool())
    found.metric, found.targets = Metric("accuracy", "binary"), targets
    found.task, found.split = SimpleNamespace(test=True, classes=("a", "b")), SimpleNamespace(validation_folds=[np.arange(20)])
    found.out_of_fold = SimpleNamespace(decided=lambda margins: (answers, np.eye(2)[answers]))
    found._score_estimate = ScoreEstimate(0.76, (0.6, 0.9), 200, learning=0.02)
    report = Report("running", {}, "accuracy", "fast", 0, 1, {}, ensemble_gain=gain)
    best = Evaluation(0, CHEAP.to_json(), CHEAP.fingerprint, "search", "ok", 0.75)
    result = found._alone(report, best, None, np.eye(2)[answers]).report
    assert result.score == 0.8
    assert result.expected_score == pytest.approx(0.76 + min(gain, 0.06))


@pytest.mark.parametrize("parts", [0, 2])
def test_how_many_were_judged_on_one_fold_alone_is_said(parts):
    found = finish(Pool())
    found.selection.completed = lambda report: report
    found._completed(SimpleNamespace(evaluations=[SimpleNamespace(status=status) for status in ["part"] * parts + ["ok"]]))
    assert [note.split(" were ")[0] for note in found.notes] == ["2 candidates that take long to train"] * (parts > 0)


def judged(*configurations):
    """Evaluations, best first."""
    return [Evaluation(number, given.to_json(), given.fingerprint, "search", "ok", 0.9 - 0.1 * number,
                       stage_seconds={"prepare": 0.0, "fit": 1.0, "predict": 0.0})
            for number, given in enumerate(configurations)]


def finishing(ranked, seconds, monkeypatch, *, remaining=10.0, failing=()):
    """A refit without an ensemble, whose fits are predicted to take so many seconds each; answers are not estimated."""
    found = finish(Pool(failing))
    found.clock.remaining = found.clock.elapsed = remaining
    found.task = ["row"] * 100
    found.split = SimpleNamespace(some_rows=lambda number, seed: np.arange(number))
    found.costs = SimpleNamespace(finishing_seconds=lambda entry, safety=1.0: seconds[entry.number], safety=1.0,
                                  refit=lambda entry: seconds[entry.number])
    found.selection = SimpleNamespace(ranked=lambda leaderboard: ranked)
    monkeypatch.setattr(Refit, "_choose", lambda self, ranked: None)
    monkeypatch.setattr(Refit, "_completed", lambda self, report: report)
    monkeypatch.setattr(Refit, "_learn", lambda *given: None)
    monkeypatch.setattr(Refit, "_learning_job", lambda *given: None)
    monkeypatch.setattr(Refit, "_estimate", lambda *given: None)
    monkeypatch.setattr(Refit, "_alone", lambda self, report, evaluation, chain, margins: (evaluation.number, chain))
    return found


REPORT = SimpleNamespace(leaderboard=(), notes=(), evaluations=(), replace=lambda **changes: None)


def first(**more):
    return FallbackPipeline(CHEAP, np.arange(5), "the first", **more)


def in_hand(evaluation):
    return FallbackPipeline(Configuration(evaluation.configuration), None, "in hand", evaluation, np.zeros(3))


@pytest.mark.parametrize(("seconds", "answers"), [([5.0, 1.0], 0), ([50.0, 1.0], 1)])
def test_the_best_that_fits_the_time_is_refitted(seconds, answers, monkeypatch):
    ranked = judged(CHEAP, OTHER)
    assert finishing(ranked, seconds, monkeypatch).run(REPORT, first())[0] == answers


def test_where_the_leader_is_too_dear_or_fails_what_was_fitted_on_the_way_answers(monkeypatch):
    ranked = judged(CHEAP, OTHER)
    for seconds, failing in (([50.0, 50.0], ()), ([1.0, 1.0], (CHEAP,))):
        found = finishing(ranked, seconds, monkeypatch, failing=failing)
        assert found.run(REPORT, in_hand(ranked[1])) == (1, "in hand")
        assert len(found.pool.beside) == len(failing)


def test_what_was_fitted_on_the_way_is_not_fitted_again(monkeypatch):
    ranked = judged(CHEAP, OTHER)
    found = finishing(ranked, [1.0, 1.0], monkeypatch)
    assert found.run(REPORT, in_hand(ranked[0])) == (0, "in hand")
    found._held = in_hand(ranked[0])
    assert found._fit([CHEAP, OTHER], None, None) == ["in hand", "fitted word_tfidf"]
    assert found.pool.beside == [[OTHER]]


@pytest.mark.parametrize(("seconds", "answers", "rows"), [([20.0, 11.0], 1, 52), ([11.5, 11.0], 0, 50), ([200.0, 100.0], 1, 5)])
def test_where_no_refit_fits_the_time_one_that_was_judged_is_fitted_on_a_part_of_the_rows(seconds, answers, rows, monkeypatch):
    ranked, given = judged(CHEAP, OTHER), []
    found = finishing(ranked, seconds, monkeypatch)
    submit = found.pool.submit
    found.pool.submit = lambda request, *more, **how: given.append(request.rows) or submit(request, *more, **how)
    assert found.run(REPORT, first())[0] == answers
    assert [len(part) for part in given] == [rows]
    assert f"fitted on {rows} of 100" in found.notes[-1]


def test_the_first_pipeline_answers_only_where_nothing_was_judged(monkeypatch):
    found = finishing([], [], monkeypatch)
    found.metric = SimpleNamespace(kind="binary")
    assert found.run(REPORT, first()).chain == "the first"
    assert "not judged" in found.notes[-1]


@pytest.mark.parametrize(("notes", "errors", "says"), [
    ((), (), "not even the first pipeline (char_tfidf > ridge, 5 rows) was ready. Give more time: budget=200."),
    (("The first pipeline could not be fitted: stopped after 4.0 s",), (), "stopped after 4.0 s"),
    ((), ("ValueError: this component is broken",), "1 candidates were tried, and none could be judged and fitted. "
     "What went wrong: ValueError: this component is broken"),
])
def test_why_nothing_could_be_fitted_is_always_said(notes, errors, says, monkeypatch):
    found = finishing([], [], monkeypatch)
    report = SimpleNamespace(leaderboard=(), notes=notes, evaluations=[SimpleNamespace(error=error) for error in errors])
    with pytest.raises(SearchError, match=r"Nothing could be fitted in 10\.0 s: ") as caught:
        found.run(report, FallbackPipeline(CHEAP, np.arange(5), failed=True))
    assert says in str(caught.value)
