"""A whole search, on workers that answer at once."""

import numpy as np
import pytest
from conftest import QUICK, toy
from fakes import REPORT, Workers, configuration_of, make_clock

from autotext.cross_validation.cross_validate import CrossValidationResult
from autotext.scoring.metrics import Metric
from autotext.search.log import SearchLog
from autotext.search.proposer import Proposer
from autotext.search.search import Search, make_evaluations
from autotext.search.setup import hold_out
from autotext.search.warm_start import WarmStart
from autotext.task import Split, Task
from autotext.workers.messages import CrossValidate, Fit


class Case:
    """A search on a small task, whose workers are right on nine of ten rows."""

    def __init__(self, checked, monkeypatch, seconds=None, per_job=1.0, cheapest_is_quick=False, **limits):
        self.clock, self.time = make_clock(monkeypatch, seconds, **limits)
        self.task = Task.read(toy("binary"))
        self.split = Split.make(self.task, 0)
        self.validation = hold_out(self.task, self.split, Metric("accuracy", "binary"), 0)
        space = checked(QUICK)
        self.default, self.per_job, self.rng = space.default(), per_job, np.random.default_rng(0)
        self.warm_start = WarmStart(self.default, [], cheapest_is_quick, {}, {}, 2000)
        self.pool = Workers(self.answer, size=1)
        self.calls, self.right, self.answered = [], 0.9, []
        self.log = SearchLog(REPORT, self.clock, on_evaluation=lambda *call: self.calls.append(call))
        self.proposer = Proposer(space, [], 0)
        self.search = self.make_search(self.log)

    def make_search(self, log):
        return Search(self.task, self.split, self.validation, self.proposer, self.warm_start, self.clock, self.pool, log)

    def answer(self, request):
        self.time.seconds += self.per_job
        self.answered.append(request)
        if isinstance(request, Fit):
            return "ok", "a chain"
        return "ok", [self.result() for _ in (request.configuration, *request.regularization_path)]

    def result(self):
        targets = self.validation.targets
        predictions = np.where(self.rng.random(len(targets)) < self.right, targets, 1 - targets)
        score = float((predictions == targets).mean())
        return CrossValidationResult(score, (score,) * 5, {"prepare": 0.1, "fit": 0.1, "predict": 0.1}, 0.2, 1,
                                     np.eye(2, dtype=np.float32)[predictions], predictions)

    @property
    def evaluated(self):
        return [request for request in self.pool.requests if isinstance(request, CrossValidate) and request.subsample == 1.0]


class Store:
    """A storage in memory."""

    lost, failure, folder = 0, "", "folder"

    def __init__(self):
        self.records = []

    def append(self, record, keep):
        self.records.append(record)


def test_so_many_trials_are_evaluated_and_the_best_is_refitted(checked, monkeypatch):
    case = Case(checked, monkeypatch, trials=4)
    report = case.search.run().report
    assert (report.status, report.trials, len(case.evaluated)) == ("finished", 4, 4)
    assert isinstance(case.pool.requests[0], Fit)
    assert configuration_of(case.pool.requests[0]) == case.default
    assert [entry for entry, _ in case.calls] == list(report.evaluations)
    assert report.chosen in {entry.fingerprint for entry in report.evaluations}
    assert report.expected_score <= report.score + 0.05
    assert report.seconds["search"] == 5.0


@pytest.mark.parametrize("seconds", [20, 60])
def test_a_search_with_a_limit_leaves_time_for_the_refit(seconds, checked, monkeypatch):
    case = Case(checked, monkeypatch, seconds=seconds)
    report = case.search.run().report
    assert report.status == "finished"
    assert len(case.evaluated) > 5
    assert case.clock.elapsed <= seconds
    assert report.seconds["refit"] > 0
    assert all(trial.state.is_finished() for trial in case.proposer.study.trials)


def test_what_is_evaluated_at_once_need_not_be_fitted_before(checked, monkeypatch):
    case = Case(checked, monkeypatch, seconds=60, cheapest_is_quick=True)
    report = case.search.run().report
    assert isinstance(case.pool.requests[0], CrossValidate)
    # Without a limit of seconds, nothing depends on how long things take.
    repeatable = Case(checked, monkeypatch, trials=2, cheapest_is_quick=True)
    repeatable.search.run()
    assert isinstance(repeatable.pool.requests[0], Fit)
    assert report.chosen


def test_an_interrupt_returns_the_best_so_far(checked, monkeypatch):
    case = Case(checked, monkeypatch, trials=50)
    wait = case.pool.wait

    def interrupted(seconds):
        if len(case.pool.requests) == 5:
            case.pool.wait = wait
            raise KeyboardInterrupt
        return wait(seconds)

    case.pool.wait = interrupted
    result = case.search.run()
    assert (result.report.status, len(case.calls) > 0) == ("interrupted", True)
    assert result.report.trials == 3
    assert result.chain == "a chain"


def test_a_second_interrupt_is_the_callers(checked, monkeypatch):
    case = Case(checked, monkeypatch, trials=50)

    def interrupted(seconds):
        raise KeyboardInterrupt

    case.pool.wait = interrupted
    with pytest.raises(KeyboardInterrupt):
        case.search.run()


def test_what_ends_for_want_of_time_is_no_evaluation(checked, monkeypatch):
    case = Case(checked, monkeypatch, seconds=30)
    answer = case.answer
    case.pool.answer = lambda request: (("timeout", None) if isinstance(request, CrossValidate) and case.clock.remaining < 15
                                        and answer(request) else answer(request))
    report = case.search.run().report
    assert report.statuses.keys() == {"ok"}
    assert 0 < report.trials < len(case.evaluated)


def test_what_failed_says_so_and_the_search_goes_on(checked, monkeypatch):
    case = Case(checked, monkeypatch, trials=4)
    answer = case.answer
    case.pool.answer = lambda request: ("failed", None) if case.evaluated[1:] == [request] else answer(request)
    report = case.search.run().report
    assert (report.statuses["failed"], report.trials) == (1, 4)


def test_a_search_goes_on_where_an_earlier_one_ended(checked, monkeypatch):
    store, reports = Store(), []
    for trials in (2, 5):
        case = Case(checked, monkeypatch, trials=trials)
        reports.append(case.make_search(SearchLog(REPORT, case.clock, store)).run().report)
    assert [report.trials for report in reports] == [2, 5]
    assert reports[1].evaluations[: len(reports[0].evaluations)] == reports[0].evaluations
    assert reports[1].resumed == len(reports[0].evaluations)


def test_a_search_that_cannot_do_better_than_an_earlier_one_starts_nothing(checked, monkeypatch):
    store, started = Store(), []
    for _ in range(2):
        case = Case(checked, monkeypatch, seconds=60)
        case.right = 1.0
        report = case.make_search(SearchLog(REPORT, case.clock, store)).run().report
        started.append(len(case.evaluated))
        assert "no score can be better" in report.notes[-1]
    assert started == [1, 0]


def test_where_no_score_can_be_better_what_still_runs_is_not_waited_for(checked, monkeypatch):
    case = Case(checked, monkeypatch, seconds=60, cheapest_is_quick=True)
    case.right, case.pool.size = 1.0, 3
    case.search.run()
    assert len([request for request in case.evaluated if request in case.answered]) == 1
    assert len(case.evaluated) == 3


def test_seconds_that_a_regularization_path_shares_are_counted_once(checked, monkeypatch):
    case = Case(checked, monkeypatch, trials=1)
    proposal = next(proposal for proposal in iter(case.proposer.ask, None) if proposal.regularization_path)
    job = case.pool.submit(CrossValidate(proposal.configuration), None, proposal)
    job.status, job.seconds, job.value = "ok", 3.0, [case.result() for _ in proposal.configurations]
    entries = make_evaluations(job, proposal)
    assert sum(entry.seconds for entry in entries) == pytest.approx(3.0)
    assert [entry.seconds for entry in entries[1:]] == [0.2] * len(proposal.regularization_path)
    assert [entry.origin for entry in entries] == ["search", *["path"] * len(proposal.regularization_path)]
    assert [entry.number - proposal.number for entry in entries] == list(range(len(entries)))
    job.status, job.value, job.error = "memory", None, "too large"
    (failed,) = make_evaluations(job, proposal)
    assert (failed.status, failed.score, failed.error, failed.seconds) == ("memory", None, "too large", 3.0)
