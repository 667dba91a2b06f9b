import json

import pytest

from autotext.benchmark.fetching import fetch_rows, without_test_texts
from autotext.benchmark.source import Layout, Source
from autotext.errors import BenchmarkError, TaskError
from autotext.task import Task

ADDRESS = "http://example.org"


def fetch(files, layout, train, test, multilabel=False):
    """Task of files of a public source, which are in a dict."""
    source = Source(url=f"{ADDRESS}/", files={"train": train, "test": test})
    return fetch_rows(source, layout, multilabel, lambda address: files[address.removeprefix(f"{ADDRESS}/")])


def test_texts_and_labels_of_parallel_lines_keep_all_but_line_breaks():
    files = {"a.txt": "so good \r\n\n\x85 odd\u2028text\nso bad".encode(), "a.labels": b"1\n0\n1\n0\n",
             "b.txt": b"fine\n", "b.labels": b" 1\n"}
    layout = Layout("lines", (), "", strip=True, labels={"0": "bad", "1": "good"})
    task = fetch(files, layout, [("a.txt", "a.labels")], [("b.txt", "b.labels")])
    assert task.texts == ("so good", "odd\u2028text", "so bad")
    assert task.labels == ("good", "good", "bad")
    assert task.test.labels == ("good",)
    assert any("1 row left out, no text: row 2" in finding for finding in task.findings)


def test_numbers_of_lines_must_agree():
    files = {"a.txt": b"a\nb\n", "a.labels": b"1\n"}
    with pytest.raises(BenchmarkError, match=r"a\.txt has 2 lines and a\.labels has 1"):
        fetch(files, Layout("lines", (), ""), [("a.txt", "a.labels")], [("a.txt", "a.labels")])


def test_a_label_without_a_name_is_refused():
    files = {"a.txt": b"a\nb\n", "a.labels": b"1\n7\n"}
    with pytest.raises(BenchmarkError, match="the label '7' is none of '0', '1'"):
        fetch(files, Layout("lines", (), "", labels={"0": "bad", "1": "good"}), *2 * [[("a.txt", "a.labels")]])


def test_columns_are_chosen_by_name_and_joined_and_quotes_enclose_fields():
    train = b'\xef\xbb\xbflabel\ttitle\tbody\n+\tNA\t"so\n""good"""\n-\tnull\tso bad\n'
    layout = Layout("delimited", ("title", "body"), "label", separator="\t")
    task = fetch({"a.tsv": train, "b.tsv": b"body\tlabel\ttitle\nfine\t+\tnews\n"}, layout, [("a.tsv",)], [("b.tsv",)])
    assert task.texts == ('NA\nso\n"good"', "null\nso bad")
    assert task.test.texts == ("news\nfine",)


def test_without_quotes_and_header_fields_are_as_they_are_written():
    layout = Layout("delimited", ("1",), "0", header=False, separator="|", quoted=False)
    task = fetch({"a.txt": b'x|say "no\ny|"yes"\n', "b.txt": b"x|fine\n"}, layout, [("a.txt",)], [("b.txt",)])
    assert (task.texts, task.labels) == (('say "no', '"yes"'), ("x", "y"))


@pytest.mark.parametrize(("content", "message"), [
    (b"text,label\nso good,+\nso,bad,-\n", "a.csv: .*Expected 2 columns, got 3"),
    (b"text,class\nso good,+\n", "a.csv: .*label"),
])
def test_tables_of_another_form_are_refused(content, message):
    with pytest.raises(BenchmarkError, match=message):
        fetch({"a.csv": content}, Layout("delimited", ("text",), "label"), [("a.csv",)], [("a.csv",)])


def test_a_web_page_is_no_file():
    with pytest.raises(TaskError, match=r"a\.csv is a web page, not data"):
        fetch({"a.csv": b"<!DOCTYPE html><html>"}, Layout("delimited", ("text",), "label"), [("a.csv",)], [("a.csv",)])


def test_broken_characters_stay_broken_and_are_noted():
    content = b"text,label\nso good,+\nvery b" + b"\xe4d,-\n"
    task = fetch({"a.csv": content, "b.csv": b"text,label\nfine,+\n"}, Layout("delimited", ("text",), "label"), [("a.csv",)],
                 [("b.csv",)])
    assert task.texts[1] == "very b\ufffdd"
    assert any("bytes that are not utf-8, first in line 3" in finding for finding in task.findings)


@pytest.mark.parametrize("content", [
    json.dumps([{"text": "so good", "tags": ["b", "a"]}, {"text": "neither"}]),
    '{"text": "so good", "tags": ["b", "a"]}\n\n{"text": "neither"}\n',
], ids=["a list", "lines"])
def test_json_with_lists_of_labels_some_of_which_are_missing(content):
    task = fetch({"a.json": content.encode(), "b.json": b'[{"text": "c", "tags": ["a"]}]'}, Layout("json", ("text",), "tags"),
                 [("a.json",)], [("b.json",)], multilabel=True)
    assert (task.kind, task.texts, task.labels) == ("multilabel", ("so good", "neither"), (("b", "a"), ()))


def test_json_with_lists_under_a_key():
    content = json.dumps({"train": [["so good", "+"], ["so bad", "-"]], "test": [["fine", "+"]]}).encode()
    task = fetch({"all.json": content}, Layout("json", ("0",), "1"), [("all.json#train",)], [("all.json#test",)])
    assert (task.texts, task.labels, task.test.texts) == (("so good", "so bad"), ("+", "-"), ("fine",))


def test_json_with_documents():
    content = b'{"lines": ["a", "b"], "roles": ["x", "y"]}\n{"lines": ["c"], "roles": ["x"]}\n'
    layout = Layout("json", ("lines",), "roles")
    task = fetch({"a.jsonl": content, "b.jsonl": b'{"lines": ["d"], "roles": ["y"]}'}, layout, [("a.jsonl",)], [("b.jsonl",)])
    assert (task.texts, task.labels, task.test.labels) == (("a", "b", "c"), ("x", "y", "x"), ("y",))


@pytest.mark.parametrize(("content", "message"), [
    (b'[{"text": "a"}]', r"a\.json, record 1: there is no 'label' in \{'text': 'a'\}"),
    (b'[{"text": ["a", "b"], "label": ["x"]}]', "record 1: label must be a list of as many labels as text has texts"),
    (b'[{"text": "a", ', "a.json: not JSON: "),
])
def test_json_of_another_form_is_refused(content, message):
    with pytest.raises(BenchmarkError, match=message):
        fetch({"a.json": content}, Layout("json", ("text",), "label"), [("a.json",)], [("a.json",)])


def test_a_data_set_of_the_hub(tmp_path):
    (tmp_path / "train.csv").write_text("review,stars\nso good,1\nso bad,0\n")
    (tmp_path / "validation.csv").write_text("review,stars\nfine,1\n")
    layout = Layout("hub", ("review",), "stars", test="validation", labels={"0": "bad", "1": "good"})
    task = fetch_rows(Source(hub=str(tmp_path)), layout, False)
    assert (task.texts, task.labels, task.test.texts, task.test.labels) == (("so good", "so bad"), ("good", "bad"), ("fine",),
                                                                             ("good",))


def test_training_rows_with_a_test_text_are_left_out_and_counted():
    task = Task.read((["a", "b", "c", "b"], [0, 1, 1, 0])).with_test((["b"], [1]))
    remaining = without_test_texts(task)
    assert (remaining.texts, remaining.labels, remaining.test) == (("a", "c"), (0, 1), task.test)
    assert remaining.findings[-1] == "2 training rows were left out, as their texts are test texts."
    assert without_test_texts(remaining) is remaining
