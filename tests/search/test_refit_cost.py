"""How much time is kept for the refit."""

from types import SimpleNamespace

import numpy as np
import pytest
from fakes import CHEAP, EXPENSIVE, OTHER, REPORT, evaluate, make_clock

from autotext.search.clock import HANDOVER
from autotext.search.refit_cost import RefitCost


def make(monkeypatch, seconds, *, few=False, preferred=False, leads=False, n_workers=2, limit=100, estimate=1.0, n_rows=1000,
         is_holdout=False):
    """Costs of the refit of candidates that are predicted to take so many seconds each."""
    clock, _ = make_clock(monkeypatch, limit, trials=None if limit else 3)

    def finishing_seconds(entry, safety=None, is_fitted=False):
        return 0.5 if is_fitted else seconds[entry.number]

    costs = SimpleNamespace(finishing_seconds=finishing_seconds, is_holdout=is_holdout)
    out_of_fold = SimpleNamespace(validation=SimpleNamespace(targets=np.zeros(n_rows), n_classes=2))
    selection = SimpleNamespace(has_few_rows=few, preferred=lambda entry: preferred, leads=lambda entry, best: leads,
                                ranked=lambda leaderboard: leaderboard[::-1], out_of_fold=out_of_fold)
    return RefitCost(costs, selection, clock, n_workers, estimate)


def report(*statuses):
    """Candidates, best first; those that were evaluated on the first fold alone have no score."""
    return REPORT.replace(evaluations=tuple(evaluate(number, None if status == "part" else 0.9 - 0.1 * number, status=status)
                                            for number, status in enumerate(statuses)))


def test_without_a_candidate_there_is_only_a_pipeline_to_hand_over(monkeypatch):
    assert make(monkeypatch, []).reserve(report()) == HANDOVER


@pytest.mark.parametrize(("seconds", "kept"), [(5.0, 5.0), (0.5, 1.0 + HANDOVER)])
def test_the_best_is_refitted_while_its_score_is_estimated(seconds, kept, monkeypatch):
    assert make(monkeypatch, [seconds]).reserve(report("ok")) == pytest.approx(kept, abs=0.01)


def test_what_is_fitted_already_takes_no_time_alone_nor_in_an_ensemble(monkeypatch):
    cost = make(monkeypatch, [5.0, 2.0])
    for entries, kept in ((report("ok"), 1.0 + HANDOVER), (report("ok", "ok"), 2.0)):
        cost.fitted = entries.evaluations[0]
        assert cost.reserve(entries) == pytest.approx(kept, abs=0.01)
    cost.fitted = entries.evaluations[1]
    assert cost.reserve(entries) == pytest.approx(5.0, abs=0.01)


@pytest.mark.parametrize(("few", "is_holdout", "kept"), [(False, False, 10.0), (True, False, 15.0), (True, True, 10.0)])
def test_an_ensemble_may_take_a_share_of_the_budget_and_more_where_rows_are_few(few, is_holdout, kept, monkeypatch):
    cost = make(monkeypatch, [5.0] * 8, few=few, is_holdout=is_holdout)
    assert cost.reserve(report(*["ok"] * 8)) == pytest.approx(kept, abs=0.01)


def test_an_ensemble_that_takes_no_longer_than_the_best_beside_others_is_always_kept_time_for(monkeypatch):
    cost = make(monkeypatch, [30.0, 1.0, 1.0])
    assert cost.reserve(report("ok", "ok", "ok")) == pytest.approx(30.0, abs=0.01)
    cost = make(monkeypatch, [30.0, 32.0, 1.0])
    assert cost.reserve(report("ok", "ok", "ok")) == pytest.approx(1.05 * 30 + HANDOVER)


@pytest.mark.parametrize(("few", "preferred", "leads", "kept"), [
    (False, True, False, 2.0), (False, False, True, 21.3), (True, False, True, 2.0), (True, True, False, 21.3)])
def test_what_leads_on_the_first_fold_alone_is_reckoned_with(few, preferred, leads, kept, monkeypatch):
    cost = make(monkeypatch, [2.0, 20.0], few=few, preferred=preferred, leads=leads)
    assert cost.reserve(report("ok", "part")) == pytest.approx(kept, abs=0.01)


@pytest.mark.parametrize(("seconds", "limit", "kept"), [(99.0, 100, 99.0), (101.0, 100, 5.0), (101.0, None, 101.0)])
def test_for_what_can_no_longer_be_refitted_no_time_is_kept(seconds, limit, kept, monkeypatch):
    cost = make(monkeypatch, [seconds, 5.0], limit=limit)
    assert cost.reserve(report("ok", "ok")) == pytest.approx(kept, abs=0.01)
    cost = make(monkeypatch, [5.0, seconds], limit=limit, leads=True)
    assert cost.reserve(report("ok", "part")) == pytest.approx(
        5.0 if kept == 5.0 else 1.05 * seconds + HANDOVER, abs=0.01)


def test_members_are_fitted_side_by_side_the_longest_first_and_expensive_ones_alone(monkeypatch):
    cost = make(monkeypatch, [3.0, 2.0, 4.0, 10.0, 1.0])
    members = [evaluate(number, 0.5, EXPENSIVE if number == 3 else CHEAP) for number in range(5)]
    assert cost.ensemble_seconds(members[:3]) == 5.0
    assert cost.ensemble_seconds(members) == 15.0
    assert cost.ensemble_seconds(members, fitted=members[3]) == 5.0
    assert make(monkeypatch, [3.0, 2.0], n_workers=1).ensemble_seconds(members[:2]) == 5.0


@pytest.mark.parametrize(("seconds", "limit", "fits", "chooses"), [
    (99.0, 100, True, True), (99.8, 100, False, True), (101.0, 100, False, False), (101.0, None, True, True)])
def test_what_there_is_no_time_for_is_neither_chosen_nor_fitted(seconds, limit, fits, chooses, monkeypatch):
    cost = make(monkeypatch, [seconds, 1.0], limit=limit)
    members = [evaluate(0, 0.9), evaluate(1, 0.8, OTHER)]
    assert cost.can_fit(members) == fits
    assert cost.can_choose(members) == chooses
    assert cost.can_fit(members, fitted=members[0])


def test_choosing_takes_longer_where_each_candidate_has_many_margins(monkeypatch):
    assert make(monkeypatch, [], n_rows=4000).choosing_seconds == pytest.approx(4 * make(monkeypatch, []).choosing_seconds)
