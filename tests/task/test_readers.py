import gzip
import json
import unicodedata

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from autotext import Task, TaskError
from autotext.task.columns import choose_columns
from autotext.task.readers import read_file


def made(tmp_path, name, content, encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_delimiter_is_sniffed(tmp_path, delimiter):
    rows = [["text", "label"], ["good, day", "a"], ["bad; day | x", "b"]]
    content = "\n".join(delimiter.join(f'"{field}"' for field in row) for row in rows)
    columns, notes = read_file(made(tmp_path, "a.csv", content))
    assert columns == {"text": ["good, day", "bad; day | x"], "label": ["a", "b"]}
    assert notes == []


def test_commas_within_texts_do_not_hide_the_tab(tmp_path):
    content = "text\tlabel\none, two, three\ta\nfour, five, six\tb\n"
    assert read_file(made(tmp_path, "a.csv", content))[0]["text"] == ["one, two, three", "four, five, six"]


def test_nothing_is_converted(tmp_path):
    values = ["NA", "null", "None", "nan", "007", "1e5", "1_000", "12:30", "true", " spaced ", "=1+1", "-"]
    content = "text,label\n" + "".join(f"{value},{value}\n" for value in values)
    columns, _ = read_file(made(tmp_path, "a.csv", content))
    assert columns == {"text": values, "label": values}
    task = Task.read(made(tmp_path, "b.csv", content + content.partition("\n")[2]))
    assert set(task.classes) == set(values)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_byte_order_marks(tmp_path, encoding):
    columns, notes = read_file(made(tmp_path, "a.csv", "text,label\n좋아요,긍정\n", encoding))
    assert columns == {"text": ["좋아요"], "label": ["긍정"]}
    assert notes == []


def test_korean_excel_file_is_guessed_and_said(tmp_path):
    content = "내용,분류\n" + "배송이 빠르고 품질도 좋아요,긍정\n정말 별로입니다 다시는 안 사요,부정\n" * 10
    path = made(tmp_path, "a.csv", content, "cp949")
    task = Task.read(path)
    assert task.classes == ("긍정", "부정")
    assert task.columns == ("내용",)
    assert task.texts[0] == "배송이 빠르고 품질도 좋아요"
    assert any("not UTF-8" in finding and "--encoding" in finding for finding in task.findings)
    assert Task.read(path, encoding="cp949").texts == task.texts


def test_wrong_and_unknown_encodings_are_refused(tmp_path):
    path = made(tmp_path, "a.csv", "내용,분류\n좋아요,긍정\n", "cp949")
    with pytest.raises(TaskError, match=r"line 1.*utf-8"):
        read_file(path, "utf-8")
    with pytest.raises(TaskError, match="unknown encoding 'cp9499'"):
        read_file(path, "cp9499")
    with pytest.raises(TaskError, match="binary"):
        read_file(made(tmp_path, "b.csv", bytes(range(256)) * 4))


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_and_quoted_line_breaks(tmp_path, ending):
    content = ending.join(["text,label", '"two\nlines",a', '"say ""hi""",b', ""])
    assert read_file(made(tmp_path, "a.csv", content))[0] == {"text": ["two\nlines", 'say "hi"'], "label": ["a", "b"]}


def test_tsv_and_zipped_files(tmp_path):
    content = "text\tlabel\nso, good\ta\n"
    assert read_file(made(tmp_path, "a.tsv", content))[0]["text"] == ["so, good"]
    assert read_file(made(tmp_path, "a.tsv.gz", gzip.compress(content.encode())))[0]["text"] == ["so, good"]
    with pytest.raises(TaskError, match="Cannot read"):
        read_file(made(tmp_path, "b.csv.gz", b"not gzip at all"))


def test_ragged_rows_name_their_line(tmp_path):
    with pytest.raises(TaskError, match=r"a\.csv, line 4: 3 fields where the header has 2"):
        read_file(made(tmp_path, "a.csv", 'text,label\n"two\nlines",a\nso, good,b\n'))
    with pytest.raises(TaskError, match=r"line 2: 2 fields where the header has 1\..* if the first line is a title, delete it"):
        read_file(made(tmp_path, "c.csv", "My reviews of 2024\ntext,label\ngood,a\n"))
    with pytest.raises(TaskError, match="line 3: 1 fields"):
        read_file(made(tmp_path, "b.csv", "text,label\nfine,a\nshort\n"))


def test_header_errors(tmp_path):
    with pytest.raises(TaskError, match="two columns are called 'text'"):
        read_file(made(tmp_path, "a.csv", "text,text\na,b\n"))
    with pytest.raises(TaskError, match="header and no rows"):
        read_file(made(tmp_path, "b.csv", "text,label\n"))
    with pytest.raises(TaskError, match="is empty"):
        read_file(made(tmp_path, "c.csv", " \n"))


def test_long_fields_are_read(tmp_path):
    columns, _ = read_file(made(tmp_path, "a.csv", "text,label\n" + "x" * 300_000 + ",a\n"))
    assert len(columns["text"][0]) == 300_000


def test_jsonl_keeps_types_and_names_the_broken_line(tmp_path):
    lines = [
        json.dumps({"text": "a\u2028b", "label": 1}, ensure_ascii=False),
        "",
        '{"text": "c", "label": [1, 2], "more": null}',
    ]
    columns, _ = read_file(made(tmp_path, "a.jsonl", "\n".join(lines)))
    assert columns == {"text": ["a\u2028b", "c"], "label": [1, [1, 2]], "more": [None, None]}
    with pytest.raises(TaskError, match=r"b\.jsonl, line 3, column 10"):
        read_file(made(tmp_path, "b.jsonl", '{"text": "a"}\n\n{"text": }\n'))
    with pytest.raises(TaskError, match=r"line 2: Each line must be an object .*lines=True"):
        read_file(made(tmp_path, "c.jsonl", '{"text": "a"}\n["a"]\n'))
    columns, _ = read_file(made(tmp_path, "d.jsonl", '{"text": "half \\ud83d", "label": "\\udfff"}\n'))
    assert columns == {"text": ["half \ud83d"], "label": ["\udfff"]}


def test_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a", "b", None], "label": [[1], [], [1, 2]]}), path)
    assert read_file(path)[0] == {"text": ["a", "b", None], "label": [[1], [], [1, 2]]}
    with pytest.raises(TaskError, match=r"b\.parquet is not a readable parquet file"):
        read_file(made(tmp_path, "b.parquet", b"PAR1 no"))


def test_missing_files_and_other_kinds(tmp_path):
    made(tmp_path, "train.csv", "text,label\na,b\n")
    with pytest.raises(TaskError, match=r"Did you mean 'train\.csv'\?$"):
        read_file(tmp_path / "trian.csv")
    with pytest.raises(TaskError, match="is a folder"):
        read_file(tmp_path)
    with pytest.raises(TaskError, match=r"must be one of \.arrow, \.csv, .*\.parquet"):
        read_file(made(tmp_path, "a.docx", "x"))


def test_dataframe_columns_are_taken_as_they_are():
    frame = pd.DataFrame({"text": ["a", "b", "c"], "label": [3, 1, 3]}, index=[7, 8, 9])
    task = Task.read(frame)
    assert task.texts == ("a", "b", "c")
    assert task.labels == (3, 1, 3)
    assert all(type(label) is int for label in task.labels)


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (["text", "label"], (("text",), ("label",))),
        (["id", "내용", "분류"], (("내용",), ("분류",))),
        (["Sentence ", "y", "row"], (("Sentence ",), ("y",))),
        (["\ufefftext", "y", "row"], (("\ufefftext",), ("y",))),
        ([unicodedata.normalize("NFD", "내용"), "분류", "번호"], ((unicodedata.normalize("NFD", "내용"),), ("분류",))),
        (["words", "label"], (("words",), ("label",))),
        (["text", "score"], (("text",), ("score",))),
    ],
)
def test_columns_are_guessed_when_only_one_reading_is_possible(columns, found):
    assert choose_columns(dict.fromkeys(columns, ()), None, None, "a.csv") == found


def test_column_errors_list_the_columns_and_what_to_type():
    with pytest.raises(TaskError, match=r"cannot tell which column is the label\. Columns: 'a', 'b', 'c'\..*--label 'c'"):
        choose_columns(dict.fromkeys(["a", "b", "c"], ()), None, None, "x.csv")
    with pytest.raises(TaskError, match=r"--label '12'.*not names but the first row.*text,label"):
        choose_columns(dict.fromkeys(["text", "good", "12"], ()), None, None, "x.csv")
    with pytest.raises(TaskError, match="--text"):
        choose_columns(dict.fromkeys(["text", "review", "label"], ()), None, None, "x.csv")
    with pytest.raises(TaskError, match=r"no column 'lable'.*Did you mean 'label'"):
        choose_columns(dict.fromkeys(["text", "label"], ()), None, "lable", "x.csv")
    with pytest.raises(TaskError, match="both text and label"):
        choose_columns(dict.fromkeys(["text", "label"], ()), "label", "label", "x.csv")
    with pytest.raises(TaskError, match=r"no column is left for the label\. Columns: 'text', 'kind'.*--text"):
        choose_columns(dict.fromkeys(["text", "kind"], ()), ["text", "kind"], None, "x.csv")
    with pytest.raises(TaskError, match="only one column"):
        choose_columns(dict.fromkeys(["text label"], ()), None, None, "x.csv")
    columns = dict.fromkeys(["title", "body", "kind"], ())
    assert choose_columns(columns, ("title", "body"), "kind", "x.csv") == (("title", "body"), ("kind",))
