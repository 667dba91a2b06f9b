"""What is started near the end of a search."""

from types import SimpleNamespace

import pytest

from autotext import Budget, Configuration, Evaluation
from autotext.search.proposer import Proposal
from autotext.search.search import Search


class Slow:
    """Proposes candidates that would take long, each after half a second."""

    thinks = True

    def __init__(self, clock):
        self.clock, self.asked, self.withdrawn = clock, 0, 0

    def ask(self):
        self.clock.remaining -= 0.5
        self.asked += 1
        return SimpleNamespace(configuration=SimpleNamespace(blocks=()), regularization_path=())

    def withdraw(self, proposal):
        self.withdrawn += 1


def search(remaining, predicted):
    clock = SimpleNamespace(limited=True, remaining=remaining, elapsed=0.0, slowdown=1.0, stretched=float)
    found = Search(task=None, split=None, metric=SimpleNamespace(best=1.0), proposer=Slow(clock), first=None,
                   budget=Budget(seconds=60), clock=clock, pool=SimpleNamespace(submit=lambda *_: None, idle=0, jobs=[]),
                   report=SimpleNamespace(leaderboard=()))
    found._costs = SimpleNamespace(required_seconds=lambda configuration: predicted, evaluation=lambda configuration: predicted)
    found._finish = SimpleNamespace(reserve=lambda leaderboard: 1.0)
    found._selection = SimpleNamespace(pruner=lambda leaderboard, seed: None)
    return found


@pytest.mark.parametrize(("remaining", "asked"), [(3.0, 4), (1.4, 1), (100.0, 20)])
def test_proposals_that_would_take_too_long_do_not_use_up_the_time_of_the_refit(remaining, asked):
    found = search(remaining, predicted=1000.0)
    assert not found._submit()
    assert found.proposer.asked == found.proposer.withdrawn == asked


def test_what_can_be_done_in_time_is_started():
    found = search(100.0, predicted=1.0)
    assert found._submit()
    assert (found.proposer.asked, found.proposer.withdrawn) == (1, 0)


def test_the_next_proposal_is_ready_before_a_worker_waits_for_it():
    found = search(100.0, predicted=1.0)
    found._think_ahead()
    found._think_ahead()
    assert found.proposer.asked == 1
    assert found._submit()
    assert (found.proposer.asked, found.proposer.withdrawn) == (1, 0)


@pytest.mark.parametrize("change", [{"remaining": 2.0}, {"limited": False}])
def test_nothing_is_thought_of_ahead_near_the_end_nor_where_results_must_repeat(change):
    found = search(100.0, predicted=1.0)
    vars(found.clock).update(change)
    found._think_ahead()
    assert found.proposer.asked == 0


def test_while_something_expensive_runs_nothing_else_is_started(monkeypatch):
    monkeypatch.setattr("autotext.search.search.is_expensive", lambda configuration: configuration == "expensive")
    found = search(100.0, predicted=1.0)
    proposals = [Proposal(number, name, (), "warm", None) for number, name in enumerate(["cheap", "expensive", "cheap"])]
    found.proposer = SimpleNamespace(ask=lambda: proposals.pop(0), thinks=False)
    jobs = found.pool.jobs
    found.pool.submit = lambda message, deadline, proposal: jobs.append(SimpleNamespace(note=proposal))
    assert found._submit()
    assert found._submit()
    assert not found._submit()
    assert [job.note.number for job in jobs] == [0, 1]
    jobs.clear()
    assert found._submit()


def evaluation(number, score):
    configuration = Configuration({"features": "char_tfidf", "model": "ridge", "model.ridge.alpha": 1.0 + number})
    return Evaluation(number, configuration.to_json(), configuration.fingerprint, "search", "ok", score)


@pytest.mark.parametrize(("seconds", "secured"), [((10.0, 1.0), 0), ((90.0, 10.0), 1), ((90.0, 90.0), None)])
def test_the_first_that_was_judged_and_is_cheap_to_refit_is_refitted_at_once(seconds, secured):
    found, submitted = securing(seconds, held=None)
    found._secure()
    assert [note.evaluation.number for note in submitted] == ([] if secured is None else [secured])


@pytest.mark.parametrize(("better", "seconds", "spent", "again"), [
    (True, 2.0, 0.0, True), (False, 2.0, 0.0, False), (True, 90.0, 0.0, False), (True, 2.0, 5.0, False)])
def test_a_leader_that_is_clearly_better_is_refitted_again_while_that_takes_little(better, seconds, spent, again):
    found, submitted = securing((seconds, seconds), held=1, better=better)
    found._secured = spent
    found._secure()
    assert bool(submitted) == again


def securing(seconds, held, better=True):
    """A search with two candidates judged, whose refits are predicted to take so many seconds each, of 60."""
    found, submitted = search(100.0, predicted=1.0), []
    board = [evaluation(0, 0.9), evaluation(1, 0.8)]
    found.report = SimpleNamespace(leaderboard=board)
    found.pool = SimpleNamespace(idle=1, size=1, jobs=[], submit=lambda message, deadline, note: submitted.append(note))
    found._costs = SimpleNamespace(refit=lambda entry: seconds[entry.number], safety=1.0)
    found._selection = SimpleNamespace(clearly_better=lambda best, other: better)
    found._out_of_fold = SimpleNamespace(margins=lambda entry: None, with_margins={entry.fingerprint for entry in board})
    found._fallback = SimpleNamespace(evaluation=None if held is None else board[held])
    return found, submitted
