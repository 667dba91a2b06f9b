"""Rows with predictions: as many as there were, and every character of them, wherever they are written."""

import io
import json
import math
import os
import pty
import sys

import pyarrow.parquet as pq
import pytest
from conftest import toy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autotext import TextPipeline
from autotext.cli.main import main
from autotext.cli.predictions import write_rows
from autotext.task.readers import read_file

SETTINGS = {"deadline": None, "database": None, "max_examples": 40,
            "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    texts, labels = toy("korean")
    pipeline = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "ridge"})
    pipeline.fit(texts, ["긍정" if label == "good" else "부정" for label in labels])
    return str(pipeline.save(tmp_path_factory.mktemp("rows") / "model"))


def predicted(model, folder, name, content, *, out="out.csv"):
    (folder / name).write_bytes(content)
    main(["predict", model, str(folder / name), "--out", str(folder / out), "--text", "text"])
    return read_file(folder / out)[0]


@pytest.mark.parametrize("out", ["out.csv", "out.tsv", "out.jsonl", "out.parquet", "out.xlsx"])
@pytest.mark.parametrize(("name", "content", "texts"), [
    ("stray.tsv", b'id\ttext\n1\t"he said\n2\tgood\n3\tand ends"\n4\tbad\n', ['"he said', "good", 'and ends"', "bad"]),
    ("stray.csv", b'id,text\n1,"he said\n2,good\n3,and ends"\n4,bad\n', ['"he said', "good", 'and ends"', "bad"]),
    ("lines.csv", b'id,text\n1,"a\nb, c"\n2,"say ""hi"""\n', ["a\nb, c", 'say "hi"']),
    ("returns.tsv", b"text\tid\nso\rgood\t1\nbad\t2\n", ["so\rgood", "bad"]),
])
def test_predict_writes_as_many_rows_as_the_file_has(model, tmp_path, name, content, texts, out):
    assert predicted(model, tmp_path, name, content, out=out)["text"] == texts


def redirected(monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream)


def test_standard_output_that_is_no_terminal_is_utf8_whatever_the_locale(model, tmp_path, monkeypatch, capsys):
    (tmp_path / "a.csv").write_text("text\n영화는 정말 좋았다\n", "utf-8")
    with monkeypatch.context() as patch:
        written = io.BytesIO()
        redirected(patch, io.TextIOWrapper(written, encoding="ascii"))
        main(["predict", model, str(tmp_path / "a.csv")])
        lines = written.getvalue().decode("utf-8").splitlines()
    assert lines[0] == "text,label,score"
    assert lines[1].startswith("영화는 정말 좋았다,긍정,")
    assert capsys.readouterr().err.count("Standard output was written as UTF-8, not in the encoding of the locale, ascii") == 1


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", True), ("ascii", False), ("latin-1", False)])
def test_a_terminal_shows_every_character_or_the_rows_are_refused(model, tmp_path, monkeypatch, capsys, encoding, shown):
    (tmp_path / "a.csv").write_text("text\n영화는 정말 좋았다\n", "utf-8")
    reader, writer = pty.openpty()
    with monkeypatch.context() as patch, open(writer, "w", encoding=encoding) as terminal:
        redirected(patch, terminal)
        if shown:
            main(["predict", model, str(tmp_path / "a.csv")])
        else:
            with pytest.raises(SystemExit) as left:
                main(["predict", model, str(tmp_path / "a.csv")])
            assert left.value.code == 2
        os.set_blocking(reader, False)
        assert ("긍정" in os.read(reader, 10_000).decode("utf-8")) if shown else True
    os.close(reader)
    assert ("cannot show '영'. Write the rows to a file with --out." in capsys.readouterr().err) is not shown


def test_messages_name_what_a_terminal_cannot_show(tmp_path, monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(written, encoding="ascii"))
    with pytest.raises(SystemExit):
        main(["optimize", str(tmp_path / "리뷰.csv")])
    sys.stderr.flush()
    assert rb"\ub9ac\ubdf0.csv" in written.getvalue()


@pytest.mark.parametrize("rows", [1, 20_000])
def test_a_closed_pipe_ends_the_command_without_a_word(model, tmp_path, monkeypatch, capsys, rows):
    (tmp_path / "a.csv").write_text("text\n" + "좋았다\n" * rows, "utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    with monkeypatch.context() as patch, open(writer, "w", encoding="utf-8") as pipe:
        redirected(patch, pipe)
        with pytest.raises(SystemExit) as left:
            main(["predict", model, str(tmp_path / "a.csv")])
        pipe.write("more")
    assert left.value.code == 1
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
def test_standard_output_without_space_is_refused(model, tmp_path, monkeypatch, capsys):
    (tmp_path / "a.csv").write_text("text\ngood\n", "utf-8")
    with monkeypatch.context() as patch:
        full = open("/dev/full", "w", encoding="utf-8")  # noqa: SIM115 (closing it fails, too)
        redirected(patch, full)
        with pytest.raises(SystemExit) as left:
            main(["predict", model, str(tmp_path / "a.csv")])
    assert left.value.code == 2
    assert "Cannot write to standard output: " in capsys.readouterr().err
    os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())
    full.close()


CHARACTER = st.one_of(st.sampled_from('",\t\n\r;|\ufeff'), st.characters(exclude_categories=("Cs",), exclude_characters="\0"))
FIELD = st.text(CHARACTER, min_size=1, max_size=8)


@given(st.lists(st.tuples(FIELD, FIELD), min_size=1, max_size=5))
@settings(**SETTINGS)
def test_what_is_written_is_read_back(tmp_path, rows):
    columns = {"text": [text for text, _ in rows], "label": [label for _, label in rows]}
    for name in ("a.csv", "a.tsv", "a.jsonl", "a.parquet", "a.xlsx"):
        write_rows(columns, tmp_path / name)
        found, notes = read_file(tmp_path / name)
        assert found == columns, name
        assert notes == []


VALUE = st.one_of(st.none(), st.text(max_size=3), st.integers(), st.floats(), st.booleans(), st.just("\ud800"),
                  st.lists(st.one_of(st.text(max_size=2), st.floats()), max_size=2))


@given(st.lists(VALUE, min_size=1, max_size=4))
@settings(**SETTINGS)
def test_values_of_all_kinds_are_written_in_every_format(tmp_path, values):
    columns = {"value": values, "n": list(range(len(values)))}
    for name in ("a.csv", "a.tsv", "a.jsonl", "a.parquet", "a.xlsx"):
        write_rows(columns, tmp_path / name)
        assert read_file(tmp_path / name)[0]["n"] in (columns["n"], list(map(str, columns["n"])))


def strict_json(line):
    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(line, parse_constant=refuse)


def test_json_has_null_for_a_number_that_it_cannot_write(tmp_path):
    write_rows({"x": [math.nan, math.inf, 1.5, [math.nan]], "text": ["a", "b", "\ud83d", "d"]}, tmp_path / "a.jsonl")
    rows = [strict_json(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()]
    assert [row["x"] for row in rows] == [None, None, 1.5, [None]]
    assert rows[2]["text"] == "\ud83d"


def test_parquet_keeps_types_and_writes_mixed_ones_as_text(tmp_path):
    write_rows({"n": [1, None], "x": [0.5, 2.0], "flag": [True, False], "mixed": [1, "a"], "labels": [["a"], []]},
               tmp_path / "a.parquet")
    types = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "a.parquet")}
    assert types == {"n": "int64", "x": "double", "flag": "bool", "mixed": "string", "labels": types["labels"]}
    assert types["labels"].startswith("list<")


def test_a_missing_value_is_an_empty_cell(tmp_path):
    for name in ("a.csv", "a.xlsx"):
        write_rows({"x": [math.nan, None], "text": ["a", "b"]}, tmp_path / name)
        assert read_file(tmp_path / name)[0]["x"] in (["", ""], [None, None])
