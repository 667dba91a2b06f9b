"""Comparisons: which lines are compared, how tables are grouped, and what is said of the runs."""

import json
import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored_lines import FLOOR, benchmarks, line, lines_of

from autotext.benchmark import statistics
from autotext.benchmark.anytime import anytime
from autotext.benchmark.comparison import Comparison
from autotext.benchmark.selection import choose_limits
from autotext.benchmark.tables import to_csv, to_markdown
from autotext.errors import BenchmarkError

SCORES = {"t": {"a": 0.9, "b": 0.8, "c": 0.7}, "u": {"a": 0.9, "b": 0.9, "c": 0.6}, "v": {"a": 0.5, "b": 0.8, "c": 0.5},
          "w": {"a": 0.9, "b": 0.8, "c": 0.7}, "x": {"a": 0.8, "b": 0.7, "c": 0.6}}


def table_of(lines):
    (table,) = Comparison.from_lines(lines).tables
    return table


def test_the_numbers_of_a_table_are_those_of_its_scores():
    table = table_of(lines_of(SCORES))
    scores = np.array([[mine["a"], mine["b"], mine["c"]] for mine in SCORES.values()])
    assert table.arms == ("a", "b", "c")
    assert table.tasks == (*"tuvwx",)
    assert np.array_equal(table.scores, scores)
    assert table.ranks.tolist() == pytest.approx([(1 + 1.5 + 2.5 + 1 + 1) / 5, (2 + 1.5 + 1 + 2 + 2) / 5,
                                                  (3 + 3 + 2.5 + 3 + 3) / 5])
    assert table.friedman_p == statistics.friedman_p(scores)
    assert table.critical_difference == statistics.critical_difference(3, 5)
    assert table.wins[0].tolist() == [[0, 5, 0], [3, 1, 1], [4, 1, 0]]
    assert table.means["b"] == tuple(statistics.family_interval(scores, [*"tuvwx"])[1])
    assert list(table.elo.values()) == list(map(tuple, statistics.elo(1 - scores, [*"tuvwx"]).tolist()))
    assert list(table.improvability.values()) == list(map(tuple, statistics.improvability(1 - scores, [*"tuvwx"]).tolist()))
    assert table.bests.tolist() == [[True, False, False], [True, True, False], [False, True, False], [True, False, False],
                                    [True, False, False]]
    assert not table.imputed.any()
    assert table.floors == dict.fromkeys("tuvwx", FLOOR)


def test_arms_of_equal_rank_are_in_the_order_of_their_names():
    assert table_of([line("b"), line("a"), line("c", score=0.6)]).arms == ("c", "a", "b")


def test_arms_are_told_apart_by_the_critical_difference_if_the_test_of_all_says_that_they_differ():
    table = table_of(lines_of({f"t{number}": {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6} for number in range(8)}))
    assert table.friedman_p < 0.05
    assert table.cliques == (("a", "b"), ("b", "c"), ("c", "d"))


def test_no_arms_are_told_apart_where_the_test_of_all_does_not_say_that_they_differ():
    rows = [[0.9, 0.3, 0.7, 0.5, 0.1], [0.7, 0.8, 0.2, 0.2, 0.1], [0.9, 0.3, 0.5, 0.7, 0.1]]
    table = table_of(lines_of({f"t{number}": dict(zip("abcde", row, strict=True)) for number, row in enumerate(rows)}))
    assert table.friedman_p > 0.05
    assert np.ptp(table.ranks) > table.critical_difference
    assert [set(clique) for clique in table.cliques] == [set("abcde")]


def test_two_arms_are_told_apart_by_the_critical_difference_alone():
    table = table_of(lines_of({f"t{number}": {"a": 0.9, "b": 0.8} for number in range(8)}))
    assert (table.friedman_p, table.cliques) == (None, ())


def test_a_task_alone_tells_no_arms_apart():
    table = table_of([line("a"), line("b", score=0.6)])
    assert (table.friedman_p, table.critical_difference, table.cliques) == (None, None, (("b", "a"),))


def test_single_and_multi_label_tasks_are_apart():
    lines = [line("a", "t", kind="binary"), line("a", "u"), line("a", "v", kind="multilabel")]
    assert [(table.title, table.tasks) for table in Comparison.from_lines(lines).tables] == [
        ("Single-label tasks", ("t", "u")), ("Multi-label tasks", ("v",))]


def test_arms_with_an_encoder_and_without_one_are_compared_apart_and_together():
    lines = [line("a"), line("b"), line("c", encoder="mini"), line("a", encoder="mini", score=0.6)]
    assert [(table.title, table.arms) for table in Comparison.from_lines(lines).tables] == [
        ("Single-label tasks, without an encoder", ("a", "b")),
        ("Single-label tasks, with an encoder", ("a + mini", "c + mini")),
        ("Single-label tasks", ("a + mini", "a", "b", "c + mini"))]


@pytest.mark.parametrize("encoders", [("", "", "mini"), ("mini", "mini", "")])
def test_an_arm_that_is_alone_with_or_without_an_encoder_is_in_the_table_of_all(encoders):
    tables = Comparison.from_lines([line(arm, encoder=encoder) for arm, encoder in zip("abc", encoders, strict=True)]).tables
    assert [len(table.arms) for table in tables] == [2, 3]


def test_all_arms_may_have_an_encoder():
    assert table_of([line("a", encoder="mini"), line("b", encoder="mini")]).title == "Single-label tasks"


def test_only_runs_of_the_largest_limits_are_compared_and_others_are_said():
    lines = [line(), line(seconds=10.0, score=0.1), line(seconds=10.0, score=0.1, seed=1), line(cpus=2, score=0.7)]
    compared = Comparison.from_lines(lines)
    assert str(compared.limits) == "60 s on 2 cores"
    assert [str(limits) for limits in compared.other_limits] == ["10 s on 1 core", "60 s on 1 core"]
    assert [one["score"] for one in compared.lines] == [0.7]
    assert "Runs at 10 s on 1 core, which are not compared with these at 60 s on 2 cores: 2." in compared.notes
    smaller = Comparison.from_lines(lines, choose_limits(lines, seconds=10.0))
    assert [one["score"] for one in smaller.lines] == [0.1, 0.1]


def test_limits_that_no_run_has_are_answered_by_those_that_there_are():
    with pytest.raises(BenchmarkError, match=r"No run has the limits seconds=30, cpus=2; there are runs at '60 s on 1 core'\."):
        choose_limits([line()], seconds=30.0, cpus=2)


def test_without_runs_there_is_nothing_to_compare():
    with pytest.raises(BenchmarkError, match="There are no runs to compare; autotext benchmark run makes some"):
        Comparison.from_lines([])


def test_the_last_line_of_a_run_counts():
    compared = Comparison.from_lines([line(score=None), line("b"), line(score=0.75)])
    assert compared.tables[0].means["a"][0] == 0.75
    assert "Runs with several lines, of which the last counts: 1." in compared.notes


@pytest.mark.parametrize("changes", [{"fingerprint": "ff"}, {"metric": "f1_macro"}, {"kind": "binary"}])
def test_runs_on_other_rows_than_most_are_set_aside(changes):
    compared = Comparison.from_lines([line("a"), line("b"), line("c", score=0.99, **changes), line("c", "u")])
    assert compared.tables[0].means["c"][0] == (FLOOR + 0.5) / 2
    assert "Runs on 't' that are set aside, as they are of other rows or another metric than most: 1 ('c')." in compared.notes


def test_a_run_without_a_metric_is_of_the_same_rows_if_its_fingerprint_says_so():
    compared = Comparison.from_lines([line("a"), line("b", score=None, metric=None, status="timeout")])
    assert compared.tables[0].reasons == {("t", "b"): "timeout"}


def test_the_floor_may_come_from_an_arm_that_is_left_out():
    compared = Comparison.from_lines([line("a", score=None, floor=None, metric=None, status="timeout"),
                                      line("b", score=None, status="unavailable", floor=0.4)])
    assert compared.tables[0].scores.tolist() == [[0.4]]


def test_each_seed_may_draw_rows_of_its_own():
    compared = Comparison.from_lines([line(arm, seed=seed, fingerprint=str(seed)) for arm in "ab" for seed in (0, 1)])
    assert compared.tables[0].seeds.tolist() == [[2, 2]]
    assert compared.notes == ()


def test_a_task_without_a_floor_is_set_aside():
    compared = Comparison.from_lines([line("a"), line("a", "u", score=None, floor=None, metric=None)])
    assert compared.tables[0].tasks == ("t",)
    assert "Runs on 'u' that are set aside, as no line says its floor and metric: 1." in compared.notes


def test_arms_that_could_not_be_tried_are_left_out_and_said():
    lines = [line("a"), line("b", score=None, status="unavailable", error="pip failed"), line("a", "m", kind="multilabel"),
             line("c"), line("b", "m", score=None, kind="multilabel", status="abstained", error="no")]
    compared = Comparison.from_lines(lines)
    assert [table.arms for table in compared.tables] == [("a", "c"), ("a",)]
    assert "Single-label tasks: b is left out: unavailable: pip failed." in compared.notes
    assert "Multi-label tasks: b is left out: abstained: no." in compared.notes
    assert "Multi-label tasks: c is left out: not run." in compared.notes


def test_there_is_no_table_where_no_arm_could_be_tried():
    compared = Comparison.from_lines([line("b", score=None, status="unavailable", error="pip failed")])
    assert compared.tables == ()
    assert compared.notes == ("Single-label tasks: b is left out: unavailable: pip failed.",)


def test_failures_and_disturbances_and_what_runs_have_not_in_common_are_said():
    machine = {"cpu": "x", "cores": 2, "memory_gib": 8}
    lines = [line(score=None, status="memory", error="over 900 MiB", versions={"python": "3.11", "x": "1"}, machine=machine),
             line(seed=1, versions={"python": "3.11", "x": "2"}, machine={**machine, "cores": 4}, disturbed=True)]
    assert Comparison.from_lines(lines).notes == (
        "a: runs without a score: 1 of 2 ('t, seed 0: memory: over 900 MiB').",
        "Runs that other processes disturbed: 1 of 2 ('t, a, seed 1').",
        "Runs are of 2 machines, so times differ for reasons that are not those of arms.",
        "a: runs are of several versions: x 1 and 2.",
        "Single-label tasks: scores that count the floor of their task for runs without a score: 1 of 1.")


def test_tasks_of_one_family_and_several_metrics_are_said():
    compared = Comparison.from_lines([line(task="t", family="f"), line(task="u", family="f", metric="f1_macro")])
    assert any("2 tasks are of 1 families" in note for note in compared.notes)
    assert any("means are over scores of several metrics: accuracy, f1_macro" in note for note in compared.notes)


def test_costs_are_medians_of_runs_that_came_to_an_end():
    lines = [line(fit_seconds=30.0, peak_mib=100), line(seed=1, fit_seconds=90.0, peak_mib=300, artifact_mb=2.0),
             line(seed=2, score=None, status="timeout", fit_seconds=180.0), line(seed=3, score=None, fit_seconds=0.1)]
    table = table_of(lines)
    assert table.costs["a"] == {"fit_seconds": 90.0, "overrun": 1.5, "worst_overrun": 3.0, "peak_mib": 200.0,
                                "texts_per_second": None, "artifact_mb": 2.0}
    assert table.statuses["a"] == {"ok": 2, "timeout": 1, "failed": 1}


@pytest.mark.parametrize("changes", [{"arm_kind": "model"}, {"seconds": None, "trials": 30}])
def test_what_has_no_budget_in_seconds_overruns_none(changes):
    assert table_of([line(fit_seconds=90.0, **changes)]).costs["a"]["overrun"] is None


def test_an_arm_is_compared_with_the_best_of_its_peers_on_each_task():
    table = table_of(lines_of({task: {"autotext": mine["a"], "autotext_cold": 0.95, "b": mine["b"], "c": mine["c"]}
                               for task, mine in SCORES.items()}))
    against = table.against_best("autotext")
    differences = [0.1, 0.0, -0.3, 0.1, 0.1]
    assert (against.share, against.n_tasks) == (3 / 5, 5)
    assert against.points == pytest.approx(100 * np.mean(differences))
    assert against.low < against.points < against.high
    assert table.against_best("b").points == pytest.approx(100 * np.mean([0.8 - 0.7, 0.3, 0.3, 0.1, 0.1]))
    assert table.against_best("autotext", ["autotext_cold"]).share == 0


def test_there_may_be_no_peers_and_no_such_arm():
    table = table_of([line("autotext"), line("autotext_cold")])
    assert table.against_best("autotext") is None
    with pytest.raises(BenchmarkError, match=r"'autotxt' is no arm of 'Single-label tasks'\. Did you mean 'autotext'"):
        table.against_best("autotxt")
    with pytest.raises(BenchmarkError, match="'flaml' is no arm"):
        table.against_best("autotext", ["flaml"])


def test_curves_are_means_at_the_same_seconds():
    lines = [line(curve=[[1.0, 0.5], [4.0, 0.7]]), line(seed=1, curve=[[2.0, 0.6], [3.0, 0.4], [100.0, 0.9]]), line("b")]
    reached = anytime(lines)
    assert list(reached.curves) == [("t", "a")]
    curve = reached.curves["t", "a"]
    assert np.isnan(curve[reached.seconds < 2]).all()
    # The best so far: the second run stays at 0.6.
    assert curve[(reached.seconds >= 4) & (reached.seconds < 99)] == pytest.approx(0.65)
    assert curve[-1] == pytest.approx(0.8)
    assert (reached.seconds[0], reached.seconds[-1]) == (1.0, 100.0)


def test_the_order_of_lines_does_not_matter_to_curves():
    lines = [line(seed=seed, curve=[[1.0, score]]) for seed, score in enumerate((0.1, 0.2, 0.3))]
    assert anytime(lines).curves["t", "a"].tolist() == anytime(lines[::-1]).curves["t", "a"].tolist()


def test_there_may_be_no_curves():
    assert anytime([line()]).curves == {}


def test_scores_by_budget_are_means_over_the_tasks_of_all_budgets():
    lines = [line("a", task, score, seconds=seconds) for seconds, scores in ((10.0, {"t": 0.5, "u": 0.6}), (
        60.0, {"t": 0.8, "u": 0.7, "v": 0.1})) for task, score in scores.items()]
    lines += [line("b", "t", 0.9), line("a", "t", 0.3, cpus=2, seconds=5.0)]
    assert Comparison.from_lines(lines).by_budget == {
        "Single-label tasks": {"a": ((10.0, 0.55), (60.0, 0.75)), "b": ((60.0, (0.9 + FLOOR) / 2),)}}


def test_there_are_no_scores_by_one_budget_or_without_tasks_in_common():
    assert Comparison.from_lines([line()]).by_budget == {}
    assert Comparison.from_lines([line(task="t"), line(task="u", seconds=10.0)]).by_budget == {}


def test_without_bencheval_only_elo_and_improvability_are_missing(monkeypatch):
    lines = lines_of(SCORES)
    whole = table_of(lines)
    monkeypatch.setitem(sys.modules, "bencheval", None)
    compared = Comparison.from_lines(lines)
    (table,) = compared.tables
    assert (table.elo, table.improvability) == ({}, {})
    assert np.array_equal(table.ranks, whole.ranks)
    assert table.means == whole.means
    assert 'Elo and improvability are missing: pip install "autotext[benchmark]".' in compared.notes
    assert "Elo |" not in to_markdown(compared)
    assert "| Mean score |" in to_markdown(compared)


def test_an_arm_alone_has_no_elo():
    table = table_of([line()])
    assert table.elo == {}
    assert table.improvability["a"][0] == 0


def test_a_torn_line_changes_nothing_but_a_note(tmp_path):
    path = tmp_path / "runs.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines_of(SCORES)))
    whole = Comparison.read(path)
    path.write_bytes(path.read_bytes() + json.dumps(line("d")).encode()[:50])
    torn = Comparison.read(path)
    assert torn.notes == ("The last line of runs.jsonl is torn and was set aside; its run counts as not run.", *whole.notes)
    assert to_csv(torn) == to_csv(whole)


def test_limits_are_chosen_when_a_file_is_read(tmp_path):
    path = tmp_path / "runs.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in (line(), line(seconds=10.0))))
    assert Comparison.read(path).limits.seconds == 60.0
    assert Comparison.read(path, seconds=10.0).limits.seconds == 10.0


@settings(max_examples=25, deadline=None)
@given(benchmarks(may_lack_floor=True), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(lines, random):
    compared = Comparison.from_lines(lines)
    random.shuffle(lines)
    other = Comparison.from_lines(lines)
    assert compared.notes == other.notes
    assert to_markdown(compared) == to_markdown(other)
    assert to_csv(compared) == to_csv(other)


@settings(max_examples=25, deadline=None)
@given(benchmarks(may_lack_floor=True))
def test_a_copy_of_an_arm_ties_with_it(lines):
    copies = [{**one, "arm": "copy"} for one in lines if one["arm"] == "arm0"]
    for table in Comparison.from_lines([*lines, *copies]).tables:
        if "arm0" not in table.arms:
            continue
        first, copy = table.arms.index("arm0"), table.arms.index("copy")
        assert table.ranks[first] == table.ranks[copy]
        assert table.wins[first, copy].tolist() == [0, len(table.tasks), 0]
        assert table.pairwise_p[first, copy] == 1
        assert table.means["arm0"][0] == table.means["copy"][0]
        assert math.isclose(table.elo["arm0"][0], table.elo["copy"][0], rel_tol=1e-4)
        assert table.improvability["arm0"][0] == pytest.approx(table.improvability["copy"][0])
        if table.critical_difference is not None:
            assert any({"arm0", "copy"} <= set(clique) for clique in table.cliques)
