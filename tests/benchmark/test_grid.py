"""What counts where runs have no score: the floor, or less; never more than the scores that there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_lines import FLOOR, benchmarks, line

from autotext.benchmark.grid import Grid


def cell(grid, task="t", arm="a"):
    names = [one.name for one in grid.tasks]
    return grid.scores[names.index(task), grid.arms.index(arm)]


@pytest.mark.parametrize("status", ["failed", "timeout", "memory", "abstained", "unavailable"])
def test_a_run_without_a_score_counts_as_the_floor_with_its_reason(status):
    grid = Grid.from_lines([line(score=0.75), line(score=None, seed=1, status=status, error="why")])
    assert cell(grid) == (0.75 + FLOOR) / 2
    assert grid.seeds.tolist() == [[1]]
    assert grid.reasons == {("t", "a"): f"{status}: why (seed 1)"}


def test_a_seed_or_a_task_that_others_ran_counts_as_not_run():
    grid = Grid.from_lines([line("a", "t", 0.75), line("a", "t", 0.75, seed=1), line("b", "t", 0.75), line("b", "u", 0.75)])
    assert cell(grid, "t", "b") == (0.75 + FLOOR) / 2
    assert cell(grid, "u", "a") == FLOOR
    assert grid.reasons == {("t", "b"): "not run (seed 1)", ("u", "a"): "not run"}


def test_several_reasons_are_all_said():
    lines = [line(score=0.5), *(line(score=None, seed=seed) for seed in (3, 2)), line(score=None, seed=1, status="timeout")]
    assert Grid.from_lines(lines).reasons["t", "a"] == "failed (seeds 2, 3); timeout (seed 1)"


def test_a_failure_of_an_arm_below_the_floor_counts_as_its_worst_score():
    lines = [line(score=0.1), line(score=0.05, seed=1), line(score=None, seed=2)]
    assert cell(Grid.from_lines(lines)) == pytest.approx((0.1 + 0.05 + 0.05) / 3)


def test_the_floor_is_that_of_the_seed_and_may_come_from_another_arm():
    lines = [line("a", score=None, floor=None, metric=None), line("b", floor=0.3), line("b", seed=1, floor=0.5)]
    grid = Grid.from_lines([*lines, line("a", score=0.9, seed=1, floor=0.5)])
    assert cell(grid) == pytest.approx((0.3 + 0.9) / 2)


def test_arms_that_were_tried_on_no_task_are_left_out_with_why():
    lines = [line("a"), line("b", score=None, status="unavailable", error="pip failed"),
             line("b", "u", score=None, status="abstained"), line("c", score=None, status="unavailable"), line("c", "u")]
    grid = Grid.from_lines(lines)
    assert grid.arms == ("a", "c")
    assert grid.left_out == {"b": "abstained; unavailable: pip failed"}


def test_a_task_that_only_arms_that_are_left_out_have_is_no_task():
    grid = Grid.from_lines([line("a", "t"), line("b", "u", score=None, status="unavailable")])
    assert [task.name for task in grid.tasks] == ["t"]


def test_a_grid_may_be_of_no_task():
    grid = Grid.from_lines([line()], kinds=["multilabel"])
    assert (grid.tasks, grid.arms, grid.scores.shape) == ((), (), (0, 0))


@pytest.mark.parametrize("others", [[0.3, 0.2, 0.1], [0.2, 0.2, 0.2]])
def test_equal_means_tie_whatever_they_are_sums_of(others):
    lines = [line(arm, score=score, seed=seed) for arm, mine in (("a", [0.1, 0.2, 0.3]), ("b", others))
             for seed, score in enumerate(mine)]
    assert cell(Grid.from_lines(lines), arm="a") == cell(Grid.from_lines(lines), arm="b")


def test_floors_that_contradict_each_other_count_as_the_lowest_in_whatever_order():
    lines = [line("a", score=None, floor=0.3), line("b", floor=0.2)]
    assert cell(Grid.from_lines(lines)) == cell(Grid.from_lines(lines[::-1])) == 0.2


@given(benchmarks(), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(lines, random):
    grid = Grid.from_lines(lines)
    random.shuffle(lines)
    other = Grid.from_lines(lines)
    assert (grid.tasks, grid.arms, grid.reasons, grid.left_out) == (other.tasks, other.arms, other.reasons, other.left_out)
    assert np.array_equal(grid.scores, other.scores)


@given(benchmarks())
def test_what_counts_for_missing_runs_never_raises_a_mean(lines):
    grid = Grid.from_lines(lines)
    for row, task in enumerate(grid.tasks):
        for column, arm in enumerate(grid.arms):
            scored = [one["score"] for one in lines if (one["task"], one["arm"], one["status"]) == (task.name, arm, "ok")]
            assert grid.scores[row, column] <= (np.mean(scored) if scored else FLOOR) + 1e-9


@given(benchmarks(), st.data())
def test_a_run_that_fails_never_raises_the_score_of_its_arm_and_changes_no_other(lines, data):
    good = [number for number, one in enumerate(lines) if one["status"] == "ok" and one["score"] >= FLOOR]
    if not good:
        return
    number = data.draw(st.sampled_from(good))
    before = Grid.from_lines(lines)
    worse = [*lines]
    worse[number] = {**lines[number], "status": "failed", "score": None}
    after = Grid.from_lines(worse)
    place = [task.name for task in before.tasks].index(lines[number]["task"]), before.arms.index(lines[number]["arm"])
    assert after.scores[place] <= before.scores[place]
    others = np.ones(before.scores.shape, dtype=bool)
    others[place] = False
    assert (after.scores == before.scores)[others].all()
