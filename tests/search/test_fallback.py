"""What is fitted while a search goes on, so that there is a pipeline whenever it ends."""

from types import SimpleNamespace

import numpy as np
import pytest
from fakes import CHEAP, OTHER, REPORT, Workers, configuration_of, evaluate, fit_all, make_clock

from autotext.search.fallback import FallbackFitter, FallbackPipeline
from autotext.search.log import SearchLog


class Costs:
    """Predicts so many seconds for the refit of each candidate; remembers what it learns."""

    safety = 1.0

    def __init__(self, seconds=(1.0, 1.0)):
        self.seconds, self.learned = seconds, []

    def refit_seconds(self, entry):
        return self.seconds[entry.number]

    def learn_refit(self, evaluation, seconds):
        self.learned.append((evaluation.number, seconds))

    def learn_first(self, configuration, seconds, n_rows):
        self.learned.append((configuration, seconds, n_rows))


def make(monkeypatch, *, seconds=(1.0, 1.0), better=True, answer=fit_all, limit=100):
    """A fitter beside two candidates with scores, of which the refits are predicted to take so many seconds each."""
    clock, _ = make_clock(monkeypatch, limit, trials=None if limit else 3)
    log = SearchLog(REPORT, clock)
    entries = [evaluate(0, 0.9, CHEAP), evaluate(1, 0.8, OTHER)]
    for entry in entries:
        log.add(entry)
    out_of_fold = SimpleNamespace(margins=lambda entry: np.full(3, entry.number), has_margins=lambda entry: True)
    selection = SimpleNamespace(clearly_better=lambda best, other: better, out_of_fold=out_of_fold)
    pool, costs = Workers(answer), Costs(seconds)
    first = FallbackPipeline(OTHER, np.arange(5))
    return FallbackFitter(first, pool, clock, log, costs, selection), pool, log, costs


def finish(fitter, pool, seconds=1.0):
    """End all jobs, after so many seconds each."""
    while pool.jobs:
        for job in pool.wait(1.0):
            job.seconds = seconds
            fitter.accept(job)


def test_the_first_pipeline_is_there_as_soon_as_it_is_fitted(monkeypatch):
    fitter, pool, _, costs = make(monkeypatch)
    fitter.submit(fitter.pipeline)
    finish(fitter, pool, 2.0)
    assert (fitter.pipeline.chain, fitter.pipeline.evaluation) == ("fitted word_tfidf", None)
    assert costs.learned == [(OTHER, 2.0, 5)]
    assert pool.requests[0].rows.tolist() == [0, 1, 2, 3, 4]


def test_a_first_pipeline_that_fails_is_noted(monkeypatch):
    fitter, pool, log, _ = make(monkeypatch, answer=lambda request: ("failed", None))
    fitter.submit(fitter.pipeline)
    pool.jobs[0].error = "Traceback\nValueError: broken"
    finish(fitter, pool)
    assert fitter.pipeline.failed
    assert log.report.notes == ("The first pipeline could not be fitted: ValueError: broken",)


def test_what_was_cancelled_has_not_failed(monkeypatch):
    fitter, pool, log, _ = make(monkeypatch)
    fitter.submit(fitter.pipeline)
    pool.jobs[0].status = "cancelled"
    finish(fitter, pool)
    assert (fitter.pipeline.chain, fitter.pipeline.failed, log.report.notes) == (None, False, ())


@pytest.mark.parametrize(("seconds", "refitted"), [((10.0, 1.0), CHEAP), ((90.0, 10.0), OTHER), ((90.0, 90.0), None)])
def test_the_best_candidate_that_is_cheap_to_refit_is_refitted_at_once(seconds, refitted, monkeypatch):
    fitter, pool, _, costs = make(monkeypatch, seconds=seconds)
    fitter.refit_leader()
    assert list(map(configuration_of, pool.requests)) == ([] if refitted is None else [refitted])
    finish(fitter, pool, 3.0)
    if refitted is not None:
        number = int(refitted == OTHER)
        assert (fitter.pipeline.chain, fitter.pipeline.evaluation.number) == (f"fitted {refitted['features']}", number)
        assert fitter.pipeline.margins.tolist() == [number] * 3
        assert costs.learned == [(number, 3.0)]


@pytest.mark.parametrize(("better", "seconds", "spent", "again"), [
    (True, 2.0, 1.0, True), (False, 2.0, 1.0, False), (True, 90.0, 1.0, False), (True, 2.0, 19.0, False)])
def test_a_leader_that_is_clearly_better_is_refitted_again_while_that_takes_little(better, seconds, spent, again, monkeypatch):
    fitter, pool, _, costs = make(monkeypatch, seconds=(90.0, 10.0), better=better)
    fitter.refit_leader()
    finish(fitter, pool, spent)
    costs.seconds = (seconds, seconds)
    fitter.refit_leader()
    assert list(map(configuration_of, pool.requests[1:])) == [CHEAP] * again


def test_the_first_pipeline_does_not_replace_one_with_a_score(monkeypatch):
    fitter, pool, _, _ = make(monkeypatch)
    first = fitter.pipeline
    fitter.refit_leader()
    finish(fitter, pool)
    fitter.submit(first)
    finish(fitter, pool)
    assert fitter.pipeline.evaluation.number == 0


def test_one_fallback_at_a_time_on_an_idle_worker_and_in_a_search_with_a_clock(monkeypatch):
    fitter, pool, _, _ = make(monkeypatch)
    fitter.submit(fitter.pipeline)
    fitter.refit_leader()
    assert len(pool.requests) == 1
    fitter, pool, _, _ = make(monkeypatch)
    pool.size = 0
    fitter.refit_leader()
    assert pool.requests == []
    fitter, pool, _, _ = make(monkeypatch, limit=None)
    fitter.refit_leader()
    assert pool.requests == []
