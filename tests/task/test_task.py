import os
import subprocess
import sys

import datasets
import numpy as np
import pandas as pd
import pytest

from autotext import AutotextError, Task, TaskError

TEXTS = ["so good", "so bad", "fine", "awful"]


@pytest.mark.parametrize(
    "labels", [[1, 0, 1, 0], ["+", "-", "+", "-"], [True, False, True, False], [0.5, 1.5, 0.5, 1.5]]
)
@pytest.mark.parametrize("wrap", [list, tuple, np.array, pd.Series])
def test_label_types_are_kept(labels, wrap):
    task = Task.read((TEXTS, wrap(labels)))
    assert list(task.labels) == labels
    assert {type(label) for label in task.labels} == {type(labels[0])}
    assert task.classes == tuple(sorted(set(labels)))
    assert task.kind == "binary"
    assert task.targets.tolist() == [task.classes.index(label) for label in labels]


def test_lists_of_labels_make_a_multilabel_task():
    task = Task.read((TEXTS, [["a", "b"], [], ["b"], ("c", "c")]))
    assert task.kind == "multilabel"
    assert task.labels == (("a", "b"), (), ("b",), ("c",))
    assert task.targets.tolist() == [[1, 1, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert Task.read((TEXTS, ["a|b", "b", "", " c | a "]), separator="|").labels == (("a", "b"), ("b",), (), ("c", "a"))


def test_the_users_objects_are_not_changed():
    frame = pd.DataFrame({"text": [*TEXTS, None], "label": ["a", "b", "a", None, "b"]})
    before = frame.copy(deep=True)
    Task.read(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_rows_without_text_or_label_are_left_out_with_their_numbers():
    task = Task.read((["a", None, "b", "  ", "c", "d", float("nan")], ["x", "x", None, "y", "y", "", "x"]))
    assert task.texts == ("a", "c")
    assert task.labels == ("x", "y")
    found = " ".join(task.findings)
    assert "no text: rows 2, 4, 7." in found
    assert "no label: rows 3, 6." in found


def test_repeated_and_contradicting_rows_are_noticed_with_their_numbers():
    task = Task.read((["same", None, "same", "other", "third"], ["x", "x", "y", "x", "z"]))
    found = " ".join(task.findings)
    assert "1 rows repeat the text" in found
    assert "different label: rows 1, 3." in found
    assert "2 of 3 classes have a single row and cannot be judged, only learned in the end: 'y' (row 3), 'z' (row 5)." in found


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (TEXTS, ["a"] * 4, "only one class, 'a'"),
        (["same"] * 4, ["a", "b"] * 2, "all texts are the same"),
        ([None, "", "c"], ["a", "b", None], "no row has both a text and a label: of 3 rows 2 lack the text and 1 the label"),
        (TEXTS, ["a", "b"], "4 texts and 2 labels"),
        (TEXTS, [{"a": 1}] * 4, "row 1 holds dict"),
        (TEXTS, [[], [], [], []], "no row has a label"),
        ("so good", "+", "list of texts and a list of labels"),
        (TEXTS, 1, "list of texts and a list of labels"),
    ],
)
def test_what_is_no_task_is_refused(texts, labels, message):
    with pytest.raises(TaskError, match=message):
        Task.read((texts, labels))


def test_mixed_label_types_become_text_and_that_is_said():
    task = Task.read((TEXTS, [1, "1", 2, "b"]))
    assert task.classes == ("1", "2", "b")
    assert any("several types (int, str)" in finding for finding in task.findings)
    assert Task.read((TEXTS, [1, 1.0, 2, 2.5])).labels == ("1", "1", "2", "2.5")


def test_several_text_columns_are_joined():
    frame = pd.DataFrame({"title": ["a", None, "c"], "body": ["b", "d", None], "label": [0, 1, 0]})
    task = Task.read(frame, text=["title", "body"])
    assert task.texts == ("a\nb", "\nd", "c\n")
    assert task.columns == ("title", "body")


def test_dataset_class_names_become_labels():
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])})
    data = datasets.Dataset.from_dict({"text": TEXTS, "label": [1, 0, 1, -1]}, features=features)
    task = Task.read(data)
    assert task.labels == ("pos", "neg", "pos")
    assert "no label: row 4." in task.findings[0]


def test_dataset_dict_brings_its_test_split():
    train = datasets.Dataset.from_dict({"text": TEXTS, "label": ["a", "b", "a", "b"]})
    test = datasets.Dataset.from_dict({"text": ["unseen"], "label": ["b"]})
    task = Task.read(datasets.DatasetDict(train=train, test=test, extra=test))
    assert task.test.texts == ("unseen",)
    assert task.test.classes == task.classes
    assert any("'extra' was not used" in finding for finding in task.findings)


def test_test_rows_of_another_type_are_the_same_classes(tmp_path):
    (tmp_path / "test.csv").write_text("text,label\nunseen,1\nother,0\n", "utf-8")
    task = Task.read({"text": TEXTS, "label": [1, 0, 1, 0]}, test=tmp_path / "test.csv")
    assert task.test.labels == (1, 0)
    mixed = Task.read((TEXTS, [1, "1", 2, "b"]), test=(["x"], [2]))
    assert mixed.test.labels == ("2",)
    assert not any("not among" in finding for finding in (*task.findings, *mixed.findings))


def test_a_label_column_whose_every_value_differs_is_questioned():
    task = Task.read((TEXTS, ["a", "b", "c", "d"]))
    assert task.findings[-1].endswith("Is the label column the right one?")
    assert not Task.read((TEXTS, ["a", "b", "a", "b"])).findings


def test_columns_of_other_objects():
    with pytest.raises(TaskError, match="'text' has 2, 'label' has 1"):
        Task.read({"text": ["a", "b"], "label": ["x"]})
    with pytest.raises(TaskError, match="two columns are called 'text'"):
        Task.read(pd.DataFrame([["a", "b", "x"]], columns=["text", "text", "label"]))
    assert Task.read({"text": np.array(["a", "b"]), "label": pd.Series([1, 2])}).classes == (1, 2)
    for value, kind in ((b"a", "bytes"), (["a"], "a list"), ({"en": "a"}, r"a record \('en'\)")):
        with pytest.raises(TaskError, match=rf"'text' cannot be read as text: row 2 holds {kind}"):
            Task.read({"text": ["a", value], "label": ["x", "y"]})
    with pytest.raises(TaskError, match="row 2 holds float: inf"):
        Task.read((["a", "b"], [0.5, float("inf")]))


def test_lists_of_class_numbers_become_labels():
    several = datasets.List(datasets.ClassLabel(names=["joy", "fear"]))
    features = datasets.Features({"text": datasets.Value("string"), "label": several})
    data = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [[0, 1], []]}, features=features)
    assert Task.read(data).labels == (("joy", "fear"), ())


def test_indicators_of_named_classes_become_labels():
    several = datasets.List(datasets.ClassLabel(names=["joy", "fear", "calm"]))
    features = datasets.Features({"text": datasets.Value("string"), "label": several})
    rows = {"text": ["a", "b", "c", "d"], "label": [[1, 0, 0], [0, 1, 1], [0, 0, 0], [1, 1, 0]]}
    task = Task.read(datasets.Dataset.from_dict(rows, features=features))
    assert task.labels == (("joy",), ("fear", "calm"), (), ("joy", "fear"))


def test_a_local_folder_is_read_like_a_hub_data_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "train.csv").write_text("text,label\ngood,a\nbad,b\n", "utf-8")
    (tmp_path / "folder" / "test.csv").write_text("text,label\nfine,a\n", "utf-8")
    task = Task.read("hub:./folder")
    assert (task.texts, task.labels, task.test.texts) == (("good", "bad"), ("a", "b"), ("fine",))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder", "test.csv", "train.csv"]


def test_without_a_hub_its_name_is_refused_in_words():
    code = "from autotext import Task, TaskError\ntry: Task.read('owner/name')\nexcept TaskError as error: print(error)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "HF_HUB_OFFLINE": "1"})
    assert "The hub data set 'owner/name' could not be loaded" in done.stdout
    assert "if the hub cannot be reached from here, download the data set elsewhere" in done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_test_rows_keep_the_classes_of_the_task():
    task = Task.read((TEXTS, ["a", "b", "a", "b"]), test=(["x", "y", "z"], ["a", "new", "b"]))
    assert task.test.classes == ("a", "b")
    assert task.test.targets.tolist() == [0, -1, 1]
    assert any(
        "1 label not among the training rows: 'new'" in finding for finding in task.findings
    )
    with pytest.raises(TaskError, match="lists of labels"):
        Task.read((TEXTS, ["a", "b", "a", "b"]), test=(["x"], [["a", "b"]]))


def test_a_file_of_test_rows_uses_the_same_columns(tmp_path):
    (tmp_path / "train.csv").write_text("id,text,kind\n1,good,a\n2,bad,b\n", "utf-8")
    (tmp_path / "test.csv").write_text("kind,text,id\nb,worse,3\n", "utf-8")
    task = Task.read(tmp_path / "train.csv", label="kind", test=tmp_path / "test.csv")
    assert (task.test.texts, task.test.labels) == (("worse",), ("b",))


def test_an_unknown_hub_name_is_one_sentence(monkeypatch):
    def refuse(*_, **__):
        try:
            raise ConnectionError("no route to host\nsecond line")
        except ConnectionError as error:
            raise RuntimeError("wrapped") from error

    monkeypatch.setattr(datasets, "load_dataset", refuse)
    for name in ("owner/name", "hub:owner/name"):
        with pytest.raises(TaskError, match=r"data set 'owner/name'.*: ConnectionError: no route to host\. If"):
            Task.read(name)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (5, "Cannot read rows from int. Give a file name"),
        ([("so good", "+"), ("so bad", "-")], r"texts without labels.*zip\(\*pairs\)"),
        ({}, "a mapping of nothing. A mapping holds columns"),
        (pd.DataFrame(), "no columns"),
        ("reviews", "no file 'reviews'. A data set of the hub is given as hub:owner/name"),
        ("https://example.org/a.csv", "a web address. Download the file"),
        (datasets.DatasetDict(test=datasets.Dataset.from_dict({"text": TEXTS})), "no 'train' split among 'test'"),
        ({"test": pd.DataFrame({"text": TEXTS})}, "no 'train' split among 'test'"),
        ("a" * 5000 + ".csv", "File name too long"),
        ("nothing/", "no file 'nothing'"),
        ("hub:", "is given as hub:owner/name"),
    ],
)
def test_what_holds_no_rows_is_refused_with_what_to_give(dataset, message):
    with pytest.raises(TaskError, match=message):
        Task.read(dataset)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"separator": ""}, "separator must be what stands between two labels, e.g. '|', not ''"),
        ({"groups": 3}, "groups must be the name of a column, or a value for each text, not 3"),
        ({"groups": [1]}, "4 texts and 1 groups"),
        ({"test": "nothing.csv"}, r"no file 'nothing\.csv'"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, message):
    with pytest.raises(AutotextError, match=message):
        Task.read((TEXTS, ["a", "b", "a", "b"]), **options)


def test_a_task_is_read_as_it_is_and_rows_keep_all_classes():
    task = Task.read((TEXTS, ["a", "b", "c", "b"]))
    assert Task.read(task) is task
    part = task.rows(np.array([0, 1]))
    assert part.texts == ("so good", "so bad")
    assert part.classes == task.classes
    assert part.targets.tolist() == [0, 1]


def test_fingerprint_depends_on_content_only():
    task = Task.read((TEXTS, ["a", "b", "a", "b"]))
    assert Task.read(pd.DataFrame({"text": TEXTS, "label": ["a", "b", "a", "b"]})).fingerprint == task.fingerprint
    others = [(TEXTS[::-1], ["a", "b", "a", "b"]), (TEXTS, ["a", "b", "b", "a"]), (TEXTS, [["a"], ["b"], ["a"], ["b"]])]
    assert len({task.fingerprint, *(Task.read(other).fingerprint for other in others)}) == 4
    code = f"from autotext import Task; print(Task.read(({TEXTS!r}, ['a', 'b', 'a', 'b'])).fingerprint)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == task.fingerprint
