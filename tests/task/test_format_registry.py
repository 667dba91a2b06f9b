"""Formats from outside: they are asked about their own files alone, and clashes are refused with what to do."""

import re

import pytest

from autotext import ArgumentError, Task, TaskError
from autotext.task.formats import Annotations, BinaryFormat, TextFormat, readable_endings, register_format
from autotext.task.readers import read_file


@pytest.fixture(autouse=True)
def _restored(unregistered):
    """What these tests register is not known to others."""


def read_pairs(text, name):
    labels, texts = zip(*(line.split("|", 1) for line in text.split()), strict=True)
    return {"text": list(texts), "label": list(labels)}, [f"{name}: pairs."]


def read_others(text, name):
    return {"text": ["other"], "label": ["other"]}, []


def is_marked(text):
    return text.startswith("#pairs")


def written(folder, name, text="+|good -|bad"):
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_a_file_with_its_ending_is_read_by_it(tmp_path):
    path = written(tmp_path, "a.pairs")
    with pytest.raises(TaskError, match=r"its ending must be one of .* A format of your own .* --import MODULE"):
        read_file(path)
    form = TextFormat("pairs", (".pairs",), read_pairs)
    assert register_format(form) is form
    assert read_file(path) == ({"text": ["good", "bad"], "label": ["+", "-"]}, ["a.pairs: pairs."])
    assert ".pairs" in readable_endings()
    assert Task.read(path).classes == ("+", "-")
    (tmp_path / "train.pairs").write_text("+|good -|bad")
    assert Task.read(tmp_path).classes == ("+", "-")


def test_without_recognise_it_reads_whatever_has_its_ending(tmp_path):
    register_format(TextFormat("pairs", (".pairs",), read_pairs))
    assert read_file(written(tmp_path, "a.pairs", '{"text":|1'))[0] == {"text": ["1"], "label": ['{"text":']}


def test_of_a_shipped_ending_it_takes_what_it_recognises_and_of_other_endings_nothing(tmp_path):
    register_format(TextFormat("pairs", (".csv", ".jsonl"), read_others, is_marked))
    assert read_file(written(tmp_path, "a.csv", "#pairs"))[0]["text"] == ["other"]
    assert read_file(written(tmp_path, "b.csv", "text,label\nso good,+\n"))[0]["text"] == ["so good"]
    assert read_file(written(tmp_path, "a.txt", "#pairs"))[0] == {"text": ["#pairs"]}
    with pytest.raises(TaskError, match="not JSON"):
        read_file(written(tmp_path, "a.jsonl", "{broken"))


def test_a_binary_format_is_given_bytes_also_of_a_kind_that_was_refused(tmp_path):
    (tmp_path / "a.ods").write_bytes(b"\x00\xff")
    with pytest.raises(TaskError, match=r"Save it as \.xlsx"):
        read_file(tmp_path / "a.ods")
    register_format(BinaryFormat("numbers", (".ods",), lambda data, name: ({"text": [str(byte) for byte in data]}, [])))
    assert read_file(tmp_path / "a.ods")[0] == {"text": ["0", "255"]}


def test_annotations_are_known_by_their_columns(tmp_path):
    register_format(Annotations("a poll", lambda columns, name: ({"text": columns["said"], "label": columns["vote"]}, []),
                                lambda columns: {"said", "vote"} <= set(columns)))
    assert read_file(written(tmp_path, "a.csv", "said,vote\nso good,+\n"))[0] == {"text": ["so good"], "label": ["+"]}
    assert set(read_file(written(tmp_path, "b.csv", "said,label\nso good,+\n"))[0]) == {"said", "label"}


@pytest.mark.parametrize(("form", "message"), [
    (TextFormat("JSON", (".mine",), read_others), r"already is a format called 'JSON', of autotext\.task\.formats\.json_files"),
    (TextFormat("mine", (".txt",), read_others), r"mine: 'a text file' reads \.txt files, too; say by `recognise` which of "
                                                 r"them are its, or choose another ending"),
    (TextFormat("mine", (".pairs",), read_others, is_marked), "which of them are those of 'pairs'"),
    (BinaryFormat("mine", (".csv",), read_others, is_marked), r"reads \.csv files as a TextFormat; make it one, too"),
    ("mine", "must be a TextFormat, a BinaryFormat or Annotations, not 'mine'"),
])
def test_clashes_are_refused(form, message):
    register_format(TextFormat("pairs", (".pairs",), read_pairs))
    before = readable_endings()
    with pytest.raises(ArgumentError, match=message):
        register_format(form)
    assert readable_endings() == before


@pytest.mark.parametrize(("arguments", "message"), [
    (("", (".a",), read_pairs), "The name of a format must be"),
    *((("mine", endings, read_pairs), "mine: endings must be a tuple") for endings in (
        ".a", ("a",), (".A",), (), (".a.b",), (".gz",))),
    (("mine", (".a",), None), "mine: read must be a function"),
    (("mine", (".a",), read_pairs, True), "mine: recognise must be"),
])
def test_a_format_is_checked_when_it_is_made(arguments, message):
    with pytest.raises(ArgumentError, match=re.escape(message)):
        TextFormat(*arguments)


def test_a_module_that_is_imported_anew_replaces_its_format(tmp_path):
    for _ in range(2):
        register_format(TextFormat("pairs", (".pairs", ".pair"), read_pairs))
    assert read_file(written(tmp_path, "a.pair"))[0]["label"] == ["+", "-"]


def test_two_that_recognise_the_same_file_are_not_chosen_among(tmp_path):
    register_format(TextFormat("pairs", (".pairs",), read_pairs, is_marked))
    register_format(TextFormat("others", (".pairs",), read_others, is_marked))
    with pytest.raises(TaskError, match=r"a\.pairs is recognised both as pairs and as others: import only"):
        read_file(written(tmp_path, "a.pairs", "#pairs|a"))


@pytest.mark.parametrize(("read", "message"), [
    (None, "must give a dict of columns and a list of notes, not None"), (({"text": "so good"}, []), "a list for each column"),
    (({"text": ["a"], "label": []}, []), "columns of different lengths: {'text': 1, 'label': 0}"), (({}, []), "has no rows"),
])
def test_what_is_not_rows_is_refused(tmp_path, read, message):
    register_format(TextFormat("pairs", (".pairs",), lambda text, name: read))
    with pytest.raises(TaskError, match=rf"a\.pairs.*{re.escape(message)}"):
        read_file(written(tmp_path, "a.pairs"))
