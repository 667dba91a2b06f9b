import json
import random

import numpy as np
import pytest

from autotext import AutotextError, Experience
from autotext.components import registry
from autotext.meta import PriorTask, Result, merge_records, shipped_learner
from autotext.space import SearchSpace
from autotext.testing import toy_experience


@pytest.fixture
def experience():
    return toy_experience(SearchSpace.read("fast").check(registry())[0])


def test_written_and_read_back(experience, tmp_path):
    experience.write(tmp_path / "a.json")
    read = Experience.read(tmp_path / "a.json")
    assert read.fingerprint == experience.fingerprint
    assert (read.tasks, read.configurations, read.results) == (
        experience.tasks,
        experience.configurations,
        experience.results,
    )
    read.write(tmp_path / "b.json")
    assert (tmp_path / "b.json").read_bytes() == (tmp_path / "a.json").read_bytes()


def test_an_empty_one_too(tmp_path):
    Experience().write(tmp_path / "a.json")
    assert Experience.read(tmp_path / "a.json").tasks == ()
    assert Experience().scores.shape == (0, 0)


def test_broken_files_are_refused_by_name(experience, tmp_path):
    path = tmp_path / "a.json"
    with pytest.raises(AutotextError, match=r"a\.json"):
        Experience.read(path)
    experience.write(path)
    whole = path.read_text("utf-8")
    for broken in ("", "[]", "{}", whole[:-20], whole.replace('"family"', '"familie"')):
        path.write_text(broken, "utf-8")
        with pytest.raises(AutotextError, match=r"Cannot read the experience in .*a\.json"):
            Experience.read(path)
    path.write_text(json.dumps({"format": 99}), "utf-8")
    with pytest.raises(AutotextError, match="format 99; this autotext reads up to 1"):
        Experience.read(path)


def test_without_a_family_nothing_of_it_is_left(experience):
    left = experience.without("family1")
    assert {task.family for task in left.tasks} == {"family0", "family2"}
    rows = [number for number, task in enumerate(experience.tasks) if task.family != "family1"]
    np.testing.assert_array_equal(left.scores, experience.scores[rows])
    np.testing.assert_array_equal(left.seconds, experience.seconds[rows])
    assert experience.without("unheard of").fingerprint == experience.fingerprint


def test_without_its_rows_a_task_goes_and_its_family_stays(experience):
    left = experience.without_rows(experience.tasks[2].fingerprint)
    assert [task.name for task in left.tasks] == ["task0", "task1", "task3", "task4", "task5"]
    np.testing.assert_array_equal(left.scores, np.delete(experience.scores, 2, axis=0))
    assert experience.without_rows("0123").fingerprint == experience.fingerprint


def test_failed_and_untried_are_told_apart():
    tasks = (PriorTask("a", "a", "1", "accuracy", {}),)
    table = Experience(
        tasks, ({"model": "x"}, {"model": "y"}, {"model": "z"}), (Result(0, 0, 0.5, 1.0), Result(0, 2, None, 2.0))
    ).scores
    assert table[0, 0] == 0.5
    assert np.isnan(table[0, 1])
    assert table[0, 2] == -np.inf


def records():
    tasks = [
        {
            "task": {
                "name": f"t{number}",
                "family": "f",
                "fingerprint": str(number),
                "metric": "accuracy",
                "meta_features": {"x": 1.0},
            }
        }
        for number in range(3)
    ]
    cells = [
        {
            "task_name": f"t{task}",
            "configuration": {"model": model, "features": "word_tfidf"},
            "score": score,
            "seconds": 1.23456,
        }
        for task in range(3)
        for model, score in (("ridge", 0.1234567), ("sgd", None), ("logistic", 0.5 + task))
    ]
    return [
        *tasks,
        *cells,
        {"versions": {"numpy": "2"}},
        {
            "task_name": "unknown",
            "configuration": {"model": "sgd", "features": "word_tfidf"},
            "score": 1.0,
            "seconds": 1.0,
        },
    ]


def test_merging_does_not_depend_on_the_order_of_records():
    first = merge_records(records())
    for seed in range(5):
        shuffled = records()
        random.Random(seed).shuffle(shuffled)
        for record in shuffled:
            if "configuration" in record:
                record["configuration"] = dict(reversed(record["configuration"].items()))
        assert merge_records(shuffled).fingerprint == first.fingerprint
    assert [task.name for task in first.tasks] == ["t0", "t1", "t2"]
    assert len(first.results) == 9
    assert first.versions == {"numpy": "2"}
    ridge = next(number for number, values in enumerate(first.configurations) if values["model"] == "ridge")
    assert first.scores[0, ridge] == 0.12346
    assert first.seconds[0, ridge] == 1.235


def test_shipped_experience_is_whole():
    shipped = Experience.shipped()
    assert len(shipped.tasks) > 1
    assert len({task.name for task in shipped.tasks}) == len(shipped.tasks)
    assert {cell.task for cell in shipped.results} == set(range(len(shipped.tasks)))
    known = {f"{stage}.{name}" for stage, classes in registry().items() for name in classes}
    assert all(f"model.{values['model']}" in known for values in shipped.configurations)


def test_learners_by_name():
    assert shipped_learner("portfolio") is shipped_learner("portfolio")
    with pytest.raises(AutotextError, match="Did you mean 'portfolio'"):
        shipped_learner("portfolo")
