"""In which order configurations are fitted on the workers, and what happens if one fails."""

import numpy as np
import pytest
from fakes import CHEAP, EXPENSIVE, OTHER, Workers, configuration_of, fit_all, make_clock

from autotext.search.fitting import LATE, ChainFitter


def fitter(monkeypatch, answer=fit_all, seconds=100, **limits):
    clock, time = make_clock(monkeypatch, seconds, **limits)
    pool, notes = Workers(answer), []
    return ChainFitter(pool, clock, notes), pool, notes, time


def test_expensive_configurations_are_fitted_last_and_alone(monkeypatch):
    chains, pool, notes, _ = fitter(monkeypatch)
    assert chains.fit([EXPENSIVE, CHEAP, EXPENSIVE, OTHER]) == [
        "fitted fine_tuned", "fitted char_tfidf", "fitted fine_tuned", "fitted word_tfidf"]
    assert pool.beside == [[CHEAP], [CHEAP, OTHER], [EXPENSIVE], [EXPENSIVE]]
    assert notes == []


@pytest.mark.parametrize(("status", "notes"), [("failed", ["Refit: failed"]), ("timeout", [])])
def test_the_first_failure_ends_it(status, notes, monkeypatch):
    chains, pool, written, _ = fitter(monkeypatch, lambda request: (status, None))
    assert chains.fit([CHEAP, OTHER]) == [None, None]
    assert written == notes
    assert [configuration_of(job.request) for job in pool.jobs] == [OTHER]
    chains.stop()
    assert pool.jobs == []


def test_all_must_end_when_the_pipeline_is_handed_over(monkeypatch):
    chains, pool, _, time = fitter(monkeypatch)
    time.seconds += 60
    chains.fit([CHEAP])
    assert pool.timeouts == [pytest.approx(39.7)]


@pytest.mark.parametrize(("late", "timeout"), [(False, 0.0), (True, LATE)])
def test_the_only_pipeline_may_be_a_little_late(late, timeout, monkeypatch):
    chains, pool, _, time = fitter(monkeypatch)
    time.seconds += 100
    chains.fit([CHEAP], late=late)
    assert pool.timeouts == [timeout]


def test_without_a_limit_a_fit_may_take_as_long_as_several_trials(monkeypatch):
    chains, pool, _, _ = fitter(monkeypatch, seconds=None, trials=3, trial_seconds=20)
    chains.fit([CHEAP], rows=np.arange(4))
    assert pool.timeouts == [60.0]
    assert pool.requests[0].rows.tolist() == [0, 1, 2, 3]


def test_something_else_is_done_once_all_are_started(monkeypatch):
    chains, _, _, _ = fitter(monkeypatch)
    calls = []
    chains.fit([EXPENSIVE, CHEAP, OTHER], meanwhile=calls.append)
    assert calls == [EXPENSIVE]
