"""What is started, and when nothing more is."""

from types import SimpleNamespace

import pytest
from fakes import CHEAP, EXPENSIVE, OTHER, REPORT, Workers, configuration_of, evaluate, fit_all, make_clock

from autotext.search.log import SearchLog
from autotext.search.proposer import Proposal
from autotext.search.scheduler import Scheduler


class Proposals:
    """A proposer of some configurations, again and again, each of which takes half a second to find."""

    thinks = True

    def __init__(self, time, *configurations, path=(), smaller=None):
        self.time, self.configurations, self.path, self.smaller = time, configurations, path, smaller
        self.asked = self.withdrawn = self.shortened = 0

    def ask(self, seconds=None):
        self.time.seconds += 0.5
        self.asked += 1
        chosen = self.configurations[(self.asked - 1) % len(self.configurations)]
        return Proposal(self.asked - 1, chosen, self.path, "search", None)

    def withdraw(self, proposal):
        self.withdrawn += 1

    def reduce(self, proposal, has_time):
        self.withdraw(proposal)
        if self.smaller is not None and has_time(self.smaller):
            return Proposal(proposal.number, self.smaller, self.path, "search", None)
        return None

    def drop_regularization_path(self, proposal):
        self.shortened += 1
        return Proposal(proposal.number, proposal.configuration, (), "search", None)


def make(monkeypatch, remaining, predicted, *configurations, path=(), limit=60.0, reason="", reserve=1.0, size=2,
         takes_long=False, encodes=False, cells=(100, 2), refit=0.2, smaller=None, **limits):
    """A scheduler with so many seconds left of the limit, and predicted for each candidate; a smaller one takes one."""
    clock, time = make_clock(monkeypatch, limit, **limits)
    time.seconds += 0.0 if limit is None else limit - remaining
    proposer = Proposals(time, *(configurations or (CHEAP,)), path=path, smaller=smaller)
    pool, log = Workers(fit_all, size), SearchLog(REPORT, clock)

    def seconds(chosen, with_refit=False):
        return (1.0 if chosen == smaller else predicted) * (1.0 + refit * with_refit)

    costs = SimpleNamespace(encodes_first=lambda chosen: encodes, path_takes_long=lambda chosen, left: takes_long,
                            required_seconds=seconds, evaluation_seconds=seconds)
    validation = SimpleNamespace(targets=range(cells[0]), n_classes=cells[1])
    selection = SimpleNamespace(out_of_fold=SimpleNamespace(validation=validation, has_margins=lambda evaluation: True))
    stopping = SimpleNamespace(reason=lambda trials: reason)
    refit_cost = SimpleNamespace(reserve=lambda report: reserve)
    return Scheduler(proposer, pool, clock, log, costs, refit_cost, selection, stopping), proposer, pool, log


@pytest.mark.parametrize(("remaining", "asked", "closed"), [(3.0, 4, False), (1.4, 1, False), (60.0, 20, True)])
def test_proposals_that_would_take_too_long_do_not_use_up_the_time_of_the_refit(remaining, asked, closed, monkeypatch):
    scheduler, proposer, pool, _ = make(monkeypatch, remaining, 1000.0)
    assert not scheduler.submit_next()
    assert proposer.asked == proposer.withdrawn == asked
    assert (scheduler.n_started, scheduler.is_closed, pool.requests) == (0, closed, [])


def test_what_can_be_done_in_time_is_started(monkeypatch):
    scheduler, proposer, pool, _ = make(monkeypatch, 60.0, 1.0)
    assert scheduler.submit_next()
    assert (proposer.asked, proposer.withdrawn, scheduler.n_started) == (1, 0, 1)
    assert list(map(configuration_of, pool.requests)) == [CHEAP]
    scheduler.withdraw(pool.jobs[0].note)
    assert (proposer.withdrawn, scheduler.n_started) == (1, 0)


def test_no_more_trials_are_started_than_asked_for(monkeypatch):
    scheduler, _, _, _ = make(monkeypatch, 0.0, 1.0, limit=None, trials=2, size=5, reserve=0.0)
    assert [scheduler.submit_next() for _ in range(3)] == [True, True, False]


def test_the_reason_to_stop_is_noted_and_nothing_more_is_started(monkeypatch):
    scheduler, proposer, _, log = make(monkeypatch, 40.0, 1.0, reason="no score can be better")
    assert not scheduler.submit_next()
    assert not scheduler.submit_next()
    assert log.report.notes == ("The search ended after 20 of 60 s: no score can be better.",)
    assert (scheduler.is_closed, scheduler.stops_early(), proposer.asked) == (True, True, 0)


def test_the_next_proposal_is_ready_before_a_worker_waits_for_it(monkeypatch):
    scheduler, proposer, pool, _ = make(monkeypatch, 60.0, 1.0, size=1)
    scheduler.submit_next()
    scheduler.think_ahead()
    scheduler.think_ahead()
    assert proposer.asked == 2
    pool.wait(1.0)
    assert scheduler.submit_next()
    assert (proposer.asked, proposer.withdrawn) == (2, 0)


def test_what_was_thought_of_ahead_in_vain_is_taken_back(monkeypatch):
    scheduler, proposer, _, _ = make(monkeypatch, 60.0, 1.0, size=0)
    scheduler.think_ahead()
    scheduler.withdraw_next()
    scheduler.withdraw_next()
    assert (proposer.asked, proposer.withdrawn) == (1, 1)


@pytest.mark.parametrize("change", [{"remaining": 0.8}, {"limit": None, "trials": 9}, {"size": 1}])
def test_nothing_is_thought_of_ahead_near_the_end_nor_where_results_must_repeat_nor_for_an_idle_worker(change, monkeypatch):
    scheduler, proposer, _, _ = make(monkeypatch, **{"remaining": 60.0, "predicted": 1.0, "size": 0, **change})
    scheduler.think_ahead()
    assert proposer.asked == 0


def test_while_something_expensive_runs_nothing_else_is_started(monkeypatch):
    scheduler, _, pool, _ = make(monkeypatch, 60.0, 1.0, CHEAP, EXPENSIVE, OTHER, size=5)
    assert [scheduler.submit_next() for _ in range(3)] == [True, True, False]
    pool.wait(1.0)
    assert not scheduler.submit_next()
    pool.wait(1.0)
    assert scheduler.submit_next()
    assert list(map(configuration_of, pool.requests)) == [CHEAP, EXPENSIVE, OTHER]


@pytest.mark.parametrize(("configuration", "scored", "limits", "timeout"), [
    (CHEAP, False, {}, 36.0), (CHEAP, True, {}, 29.25), (EXPENSIVE, True, {}, 58.5),
    (EXPENSIVE, True, {"trial_seconds": 5.0}, 5.0), (CHEAP, True, {"trial_seconds": 5.0}, 5.0)])
def test_once_there_is_a_score_candidates_leave_time_for_others(configuration, scored, limits, timeout, monkeypatch):
    scheduler, _, pool, log = make(monkeypatch, 60.0, 1.0, configuration, **limits)
    if scored:
        log.add(evaluate(0, 0.5))
    assert scheduler.submit_next()
    assert pool.timeouts == [pytest.approx(timeout)]


@pytest.mark.parametrize(("limits", "timeout"), [({}, 36.0), ({"trial_seconds": 55.0}, 60.0 - 20 * 0.5 - 1.0)])
def test_after_many_that_leave_no_time_for_others_the_first_that_ends_in_time_is_started(limits, timeout, monkeypatch):
    scheduler, proposer, pool, log = make(monkeypatch, 60.0, 38.0, CHEAP, OTHER, path=(EXPENSIVE,), **limits)
    log.add(evaluate(0, 0.5))
    assert scheduler.submit_next()
    assert (proposer.asked, proposer.withdrawn, scheduler.is_closed) == (20, 19, False)
    assert pool.jobs[0].note.configurations == (CHEAP,)
    assert pool.timeouts == [pytest.approx(timeout)]
    assert not scheduler.submit_next()
    assert (proposer.withdrawn, scheduler.is_closed) == (39, True)


def test_what_there_is_no_time_for_is_tried_with_fewer_features(monkeypatch):
    scheduler, proposer, pool, log = make(monkeypatch, 60.0, 70.0, CHEAP, smaller=OTHER)
    log.add(evaluate(0, 0.5))
    assert scheduler.submit_next()
    assert (proposer.asked, proposer.withdrawn) == (1, 1)
    assert list(map(configuration_of, pool.requests)) == [OTHER]
    assert pool.timeouts == [pytest.approx(0.5 * 58.5)]


@pytest.mark.parametrize(("refit", "scored", "is_started"), [(4.0, True, True), (8.0, True, False), (8.0, False, True)])
def test_a_candidate_after_which_there_is_no_time_for_its_refit_is_not_started_unless_it_is_the_first(
        refit, scored, is_started, monkeypatch):
    scheduler, _, pool, log = make(monkeypatch, 60.0, 10.0, refit=refit)
    if scored:
        log.add(evaluate(0, 0.5))
    assert scheduler.submit_next() == is_started == bool(pool.requests)


def test_the_refit_of_a_candidate_may_take_the_time_that_is_kept_for_that_of_another(monkeypatch):
    scheduler, _, pool, log = make(monkeypatch, 60.0, 18.5, refit=1.5, reserve=30.0)
    log.add(evaluate(0, 0.5))
    assert scheduler.submit_next()
    assert list(map(configuration_of, pool.requests)) == [CHEAP]


def test_the_first_to_encode_all_texts_may_take_longer_as_it_serves_the_others(monkeypatch):
    scheduler, _, pool, log = make(monkeypatch, 60.0, 1.0, encodes=True, trial_seconds=100.0)
    log.add(evaluate(0, 0.5))
    assert scheduler.submit_next()
    assert pool.timeouts == [pytest.approx(0.85 * 58.5)]


@pytest.mark.parametrize(("change", "shortened"), [
    ({}, 0), ({"takes_long": True}, 1), ({"cells": (5000, 2900)}, 0), ({"cells": (5000, 3100)}, 1)])
def test_a_regularization_path_that_would_take_too_long_or_too_much_memory_is_left_out(change, shortened, monkeypatch):
    scheduler, proposer, pool, _ = make(monkeypatch, 60.0, 1.0, path=(OTHER,), **change)
    assert scheduler.submit_next()
    assert proposer.shortened == shortened
    assert pool.jobs[0].note.configurations == (CHEAP, OTHER)[: 2 - shortened]
