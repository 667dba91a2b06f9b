import csv
import pickle

import pytest

from autotext.benchmark.suites import Suite, SuiteEntry, shipped_suites
from autotext.benchmark.tasks import BenchmarkTask, shipped_tasks
from autotext.errors import BenchmarkError
from autotext.meta import Experience, PriorTask
from autotext.meta.features import describe

TASK = """
version: 1
name: {name}
about: Numbers of meals
family: meals
language: en
kind: {kind}
classes: 2
rows: {{train: 60, test: 20}}
source: {{url: "http://example.org", licence: CC0}}
"""
SUITE = """
version: 1
about: Meals and poems
rows: 40
test_rows: 10
tasks: [meals, {task: meals, per_class: 4}, poem_sentiment]
"""


def rows(count, start=0):
    return [(f"meal {number}", "+" if number % 2 else "-") for number in range(start, start + count)]


def write_csv(path, content):
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *content])


@pytest.fixture
def suite_file(tmp_path):
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "meals.yaml").write_text(TASK.format(name="meals", kind="binary"))
    (tmp_path / "lunch.yaml").write_text(SUITE)
    write_csv(tmp_path / "meals" / "train.csv", rows(60))
    write_csv(tmp_path / "meals" / "test.csv", rows(20, 60))
    return tmp_path / "lunch.yaml"


@pytest.mark.parametrize("name", shipped_suites())
def test_shipped_suites_name_shipped_tasks(name):
    suite = Suite.read(name)
    assert suite.about
    assert {entry.task.name for entry in suite.entries} <= set(shipped_tasks())
    assert all(1 <= (entry.per_class or 1) <= 64 for entry in suite.entries)


def test_each_shipped_suite_is_what_its_name_says():
    suites = {name: Suite.read(name).entries for name in shipped_suites()}
    assert {"intents", "long_documents", "imbalanced"} < set(suites)
    assert len(suites["quick"]) == 6
    assert all(entry.task.layout is not None for entry in suites["quick"])
    assert len({entry.task.language for entry in suites["quick"]}) >= 4
    assert {entry.task.language for entry in suites["english"]} == {"en"}
    assert "en" not in {entry.task.language for entry in suites["multilingual"]}
    assert {entry.task.kind for entry in suites["multilabel"]} == {"multilabel"}
    assert all(8 <= (entry.per_class or 0) <= 64 for entry in suites["few_shot"])
    twelve = suites["twelve"]
    assert (len(twelve), len({entry.task.family for entry in twelve}), {entry.rows for entry in twelve}) == (12, 12, {5000})
    assert len({entry.task.language for entry in twelve}) >= 6
    assert sum(entry.task.kind == "multilabel" for entry in twelve) == 2


def test_every_shipped_task_is_in_a_suite():
    assert {entry.task.name for name in shipped_suites() for entry in Suite.read(name).entries} == set(shipped_tasks())


def test_a_suite_of_ones_own_is_one_file_with_tasks_beside_it_and_shipped_ones(suite_file):
    suite = Suite.read(suite_file)
    assert (suite.name, [entry.name for entry in suite.entries]) == ("lunch", ["meals", "meals@4", "poem_sentiment"])
    meals, few, poems = suite.entries
    assert meals.task is few.task
    assert poems.task.source.repository == "google-research-datasets/poem-sentiment"
    tasks_dir = suite_file.parent
    assert [len(entry.load(tasks_dir)) for entry in (meals, few)] == [40, 8]
    assert len(meals.load(tasks_dir, rows=20)) == 20
    assert len(meals.load(tasks_dir).test) == 10
    assert meals.load(tasks_dir, seed=1).texts != meals.load(tasks_dir, seed=2).texts
    again = pickle.loads(pickle.dumps(few))
    assert (again.name, again.load(tasks_dir).texts) == ("meals@4", few.load(tasks_dir).texts)


@pytest.mark.parametrize(("changes", "message"), [
    ({"poem_sentiment": "poem_sentimnt"}, r"lunch\.yaml: tasks\[2\]: Unknown task 'poem_sentimnt'. Did you mean 'poem_"),
    ({"poem_sentiment": "meals"}, r"lunch\.yaml: tasks: meals stands twice"),
    ({"poem_sentiment": "{task: pt_told_br, per_class: 8}"}, r"lunch\.yaml: tasks\[2\]\.per_class: pt_told_br has several"),
    ({"per_class: 4": "per_class: few"}, r"lunch\.yaml: tasks\[1\]\.per_class: must be a whole number, not 'few'"),
    ({"per_class: 4": "per_clas: 4"}, r"lunch\.yaml: tasks\[1\]\.per_clas: unknown key. Did you mean 'per_class'"),
    ({"rows: 40": "rows: 0"}, r"lunch\.yaml: rows: must be at least 1; leave the key out for no limit"),
    ({"tasks: [": "task: ["}, r"lunch\.yaml: task: unknown key. Did you mean 'tasks'"),
    ({"tasks: [": "tasks: []\n#"}, r"lunch\.yaml: tasks: must be a list of at least one task"),
    ({"about": "# about"}, r"lunch\.yaml: about: the key is missing"),
    ({"version: 1": "version: 7"}, r"lunch\.yaml: version: this autotext reads version 1, not 7"),
], ids=lambda value: "" if isinstance(value, str) else next(iter(value.values())))
def test_errors_in_a_suite_file_name_the_file_and_the_path_of_the_key(suite_file, changes, message):
    text = SUITE
    for old, new in changes.items():
        text = text.replace(old, new)
    suite_file.write_text(text)
    with pytest.raises(BenchmarkError, match=message):
        Suite.read(suite_file)


def test_errors_in_a_task_beside_a_suite_name_both_files(suite_file):
    (suite_file.parent / "tasks" / "meals.yaml").write_text(TASK.format(name="meals", kind="two"))
    with pytest.raises(BenchmarkError, match=r"lunch\.yaml: tasks\[0\]: .*meals\.yaml: kind: must be one of binary"):
        Suite.read(suite_file)


def test_unknown_suites_get_the_nearest_names(tmp_path):
    with pytest.raises(BenchmarkError, match=r"Unknown suite 'quik'\. Did you mean 'quick'.* in \.yaml, or a folder of tables"):
        Suite.read("quik")
    with pytest.raises(BenchmarkError, match="There is no suite file"):
        Suite.read(tmp_path / "absent.yaml")


def test_a_folder_of_tables_is_a_suite(tmp_path):
    folder = tmp_path / "mine"
    write_csv(folder / "reviews.csv", rows(80))
    write_csv(folder / "meals" / "train.csv", rows(60))
    write_csv(folder / "meals" / "test.csv", rows(20, 60))
    (folder / "notes.md").touch()
    (folder / ".hidden").touch()
    suite = Suite.read(folder)
    assert (suite.name, [entry.name for entry in suite.entries]) == ("mine", ["meals", "reviews"])
    assert len(suite.notes) == 1
    assert suite.notes[0].startswith(f"{folder / 'notes.md'} was left aside, as it is no table")
    meals, reviews = suite.entries
    assert (meals.task.family, meals.task.rows, len(reviews.load(rows=20))) == ("meals", {"train": 60, "test": 20}, 20)
    assert reviews.task.rows == {"train": 60, "test": 20}
    assert [entry.name for entry in Suite.read(folder / "meals").entries] == ["meals"]


def test_folders_without_tables_or_with_two_tasks_of_a_name_are_refused(tmp_path):
    with pytest.raises(BenchmarkError, match=r"holds no task: a table, e\.g\. reviews\.csv, or a folder with train.csv"):
        Suite.read(tmp_path)
    write_csv(tmp_path / "a.csv", rows(8))
    write_csv(tmp_path / "a.tsv", rows(8))
    with pytest.raises(BenchmarkError, match="holds two tasks called 'a'; rename one"):
        Suite.read(tmp_path)


def test_tables_whose_test_texts_are_training_texts_are_refused(tmp_path):
    write_csv(tmp_path / "mine" / "train.csv", rows(20))
    write_csv(tmp_path / "mine" / "test.csv", rows(10, 18))
    with pytest.raises(BenchmarkError, match="mine: 2 of 10 test rows have the text of a training row"):
        Suite.read(tmp_path / "mine")


def test_prior_tasks_of_another_family_are_refused_before_anything_runs(tmp_path):
    write_csv(tmp_path / "mine" / "reviews.csv", rows(80))
    (entry,) = Suite.read(tmp_path / "mine").entries
    prior = PriorTask("sold", "sales", "f0", "accuracy", describe(entry.task.load()))
    with pytest.raises(BenchmarkError, match="the prior task 'sold' of the family 'sales', and only the family 'reviews'"):
        entry.check(Experience((prior,)))
    entry.check(Experience.shipped())


def test_entries_of_one_task_with_other_numbers_are_different():
    task = BenchmarkTask.read("snips")
    assert len({SuiteEntry("snips@8", task, per_class=8), SuiteEntry("snips@16", task, per_class=16)}) == 2
