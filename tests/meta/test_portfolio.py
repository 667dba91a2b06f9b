import pytest

from autotext import Configuration, Experience, Portfolio
from autotext.components import registry
from autotext.meta import PriorTask, Result
from autotext.space import SearchSpace

SPACE = """version: 1
stages:
  features: {one_of: [[char_tfidf]], char_tfidf: {min_df: 1, span: "2-4"}}
  model: {one_of: {ridge: {alpha: {float: [1.0, 9.0]}}}}
"""


@pytest.fixture
def space(tmp_path):
    (tmp_path / "mine.yaml").write_text(SPACE, "utf-8")
    return SearchSpace.read(tmp_path / "mine.yaml").check(registry())[0]


def configuration(number):
    return {
        "features": "char_tfidf",
        "features.char_tfidf.min_df": 1,
        "features.char_tfidf.span": "2-4",
        "model": "ridge",
        "model.ridge.alpha": float(number),
    }


def learned(table, families=None, seconds=1.0):
    tasks = tuple(
        PriorTask(f"t{row}", families[row] if families else f"f{row}", str(row), "accuracy", {})
        for row in range(len(table))
    )
    results = tuple(
        Result(row, column, None if score == "failed" else score, seconds + column)
        for row, scores in enumerate(table)
        for column, score in enumerate(scores)
        if score is not None
    )
    return Portfolio().fit(
        Experience(tasks, tuple(configuration(column + 1) for column in range(len(table[0]))), results)
    )


def chosen(portfolio, space, k=5):
    return [int(found.configuration["model.ridge.alpha"]) for found in portfolio.suggest({}, space, k).suggestions]


def test_the_best_on_average_leads_and_the_next_one_adds_most(space):
    # 1 is good everywhere, 2 nearly as good on the same tasks, 3 bad but for the last task.
    portfolio = learned([[0.9, 0.89, 0.5], [0.9, 0.89, 0.5], [0.6, 0.59, 0.9]])
    assert chosen(portfolio, space, 2) == [1, 3]
    found = portfolio.suggest({}, space, 3).suggestions
    assert [suggestion.regret for suggestion in found] == [pytest.approx(0.1), 0.0, 0.0]
    assert [suggestion.seconds for suggestion in found] == [1.0, 3.0, 2.0]


def test_a_large_family_counts_once(space):
    table = [[0.9, 0.8], [0.9, 0.8], [0.9, 0.8], [0.5, 0.9], [0.6, 0.9]]
    assert chosen(learned(table), space, 1) == [2]
    assert chosen(learned([*table[:3], [0.5, 0.55]]), space, 1) == [1]
    assert chosen(learned([[0.9, 0.8]] * 3 + [[0.7, 0.9]]), space, 1) == [1]
    assert chosen(learned([[0.9, 0.8]] * 3 + [[0.7, 0.9]], families=["big"] * 3 + ["small"]), space, 1) == [2]


def test_what_failed_counts_as_the_worst_there(space):
    assert chosen(learned([["failed", 0.7, 0.2], [0.9, 0.8, 0.3]]), space, 1) == [2]


def test_what_was_hardly_tried_is_not_suggested(space):
    portfolio = learned([[0.5, 1.0], [0.5, None], [0.5, None], [0.5, 0.1]])
    assert 1 in chosen(portfolio, space)
    sparse = learned([[0.5, 1.0, 0.4], [0.5, None, 0.4], [0.5, None, 0.4]])
    assert chosen(sparse, space)[0] == 1
    assert 2 not in chosen(sparse, space)


def test_two_that_mean_the_same_here_are_suggested_once(space):
    tasks = (PriorTask("t", "f", "1", "accuracy", {}),)
    same = [
        configuration(1),
        {name: value for name, value in configuration(1).items() if name != "features.char_tfidf.span"},
    ]
    ranking = (
        Portfolio()
        .fit(Experience(tasks, tuple(same), (Result(0, 0, 0.5, 1.0), Result(0, 1, 0.6, 1.0))))
        .suggest({}, space, 5)
    )
    assert [found.configuration for found in ranking.suggestions] == [Configuration(configuration(1))]
    assert ranking.changed == ("features.char_tfidf.span was absent",)


def test_what_has_no_place_is_reported_with_its_reason(space):
    tasks = (PriorTask("t", "f", "1", "accuracy", {}),)
    given = (configuration(1), {**configuration(2), "model.ridge.alpha": 99.0})
    ranking = (
        Portfolio()
        .fit(Experience(tasks, given, (Result(0, 0, 0.5, 1.0), Result(0, 1, 0.6, 1.0))))
        .suggest({}, space, 5)
    )
    assert [found.configuration for found in ranking.suggestions] == [Configuration(configuration(1))]
    assert ranking.rejected == ("model.ridge.alpha is 99.0, here a number from 1 to 9",)
