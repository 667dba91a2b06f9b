import builtins
import datetime
import gzip
import io
import re
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autotext import Task, TaskError
from autotext.cli.predictions import write_rows
from autotext.task.excel import MOST_CELL_CHARACTERS
from autotext.task.readers import read_file


def saved(path, rows, *, more=()):
    book = openpyxl.Workbook()
    book.active.title = "Reviews"
    for row in rows:
        book.active.append(row)
    for title in more:
        book.create_sheet(title)
    book.save(path)
    return path


def edited(path, change):
    """The file with the XML of its first sheet changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = change(parts[sheet].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return path


def test_values_are_what_excel_shows(tmp_path):
    date, moment = datetime.datetime(2024, 5, 1), datetime.datetime(2024, 5, 1, 9, 30)
    rows = [("text", "stars", "when", "exact"), ("so good", 5.0, date, 0.5), (12, True, moment, "007"), ("NA", None, None, "x")]
    columns, notes = read_file(saved(tmp_path / "a.xlsx", rows))
    assert columns == {"text": ["so good", 12, "NA"], "stars": [5, True, None],
                       "when": ["2024-05-01", "2024-05-01T09:30:00", None], "exact": [0.5, "007", "x"]}
    assert type(columns["stars"][0]) is int
    assert notes == []


def test_title_rows_empty_rows_and_other_sheets(tmp_path):
    rows = [(), (None, "내용", "분류"), (None, "좋아요", "긍정"), (), (), (None, "별로예요", "부정"), (None, None, None)]
    columns, notes = read_file(saved(tmp_path / "a.xlsx", rows, more=("Sheet2", "old")))
    assert columns == {"내용": ["좋아요", "별로예요"], "분류": ["긍정", "부정"]}
    assert notes == ["a.xlsx: read the first sheet, 'Reviews'; not read: 'Sheet2', 'old'.",
                     "a.xlsx: 2 empty rows were skipped; rows are counted without them."]
    with pytest.raises(TaskError, match="first sheet, 'Reviews', is empty"):
        read_file(saved(tmp_path / "b.xlsx", [], more=("data",)))
    with pytest.raises(TaskError, match="header and no rows"):
        read_file(saved(tmp_path / "c.xlsx", [("text", "label")]))
    with pytest.raises(TaskError, match="two columns are called 'text'"):
        read_file(saved(tmp_path / "d.xlsx", [("text", "text"), ("a", "b")]))


def test_the_result_of_a_formula_is_read_and_a_missing_one_names_its_cell(tmp_path):
    path = saved(tmp_path / "a.xlsx", [("text", "label"), ("good", '=IF(1>0,"+","-")'), ("bad", "-")])
    with pytest.raises(TaskError, match=r"a\.xlsx, cell B2: the result of this formula is not in the file\. Open .* and save"):
        read_file(path)
    computed = edited(path, lambda xml: re.sub(r'<c r="B2"(.*?)<v ?(/>|></v>)', r'<c r="B2" t="str"\1<v>+</v>', xml))
    assert read_file(computed)[0]["label"] == ["+", "-"]


def test_a_formula_that_gives_an_empty_text_is_an_empty_cell(tmp_path):
    path = saved(tmp_path / "a.xlsx", [("text", "label"), ("good", '=""'), ("bad", "-"), ("fine", "+")])
    edited(path, lambda xml: xml.replace('<c r="B2"', '<c r="B2" t="str"'))
    task = Task.read(path)
    assert task.unlabelled == ("good",)


def test_excel_errors_count_as_empty_and_are_named(tmp_path):
    columns, notes = read_file(saved(tmp_path / "a.xlsx", [("text", "label"), ("good", "#N/A"), ("bad", "-")]))
    assert columns["label"] == [None, "-"]
    assert notes == ["a.xlsx: 1 cells hold an Excel error and count as empty: B2 (#N/A)."]


def test_zipped_and_broken_files(tmp_path):
    path = saved(tmp_path / "a.xlsx", [("text", "label"), ("good", "+")])
    (tmp_path / "b.xlsx.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert read_file(tmp_path / "b.xlsx.gz") == read_file(path)
    for content in (b"not a zip", path.read_bytes()[:-40], b"PK\x03\x04"):
        (tmp_path / "c.xlsx").write_bytes(content)
        with pytest.raises(TaskError, match=r"c\.xlsx is not a readable \.xlsx file"):
            read_file(tmp_path / "c.xlsx")
    (tmp_path / "d.csv").write_bytes(path.read_bytes())
    columns, notes = read_file(tmp_path / "d.csv")
    assert columns == read_file(path)[0]
    assert notes == ["d.csv is an Excel file and was read as one."]
    with zipfile.ZipFile(tmp_path / "e.csv", "w") as archive:
        archive.writestr("rows.csv", "text,label")
    with pytest.raises(TaskError, match=r"e\.csv is an Excel or zip file.*else unpack it"):
        read_file(tmp_path / "e.csv")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as part:
        for _ in range(600):
            part.write(b"\0" * 2**20)
    (tmp_path / "a.xlsx").write_bytes(packed.getvalue())
    with pytest.raises(TaskError, match=r"a\.xlsx unpacks to more than 512 MiB"):
        read_file(tmp_path / "a.xlsx")


def test_rows_and_columns_far_away_do_not_fill_memory(tmp_path):
    path = saved(tmp_path / "a.xlsx", [("text", "label"), ("good", "+"), ("bad", "-")])
    edited(path, lambda xml: xml.replace('r="3"', 'r="9999999999"').replace("A3", "A9999999999").replace("B3", "B9999999999"))
    with pytest.raises(TaskError, match=r"more than 1,048,576 rows"):
        read_file(path)


def test_without_openpyxl_the_command_to_install_it_is_given(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.xlsx", [("text", "label"), ("good", "+")])
    genuine = builtins.__import__

    def without(name, *arguments, **named):
        if name.startswith("openpyxl"):
            raise ImportError(name)
        return genuine(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TaskError, match=r'pip install "autotext\[xlsx\]"'):
        read_file(path)
    with pytest.raises(TaskError, match=r'pip install "autotext\[xlsx\]"'):
        write_rows({"text": ["a"]}, tmp_path / "out.xlsx")
    assert not (tmp_path / "out.xlsx").exists()


def test_what_excel_cannot_hold_is_refused_when_writing(tmp_path):
    with pytest.raises(TaskError, match=r"row 2, column 'text': a cell of Excel holds 32,767 characters, not 32,768"):
        write_rows({"text": ["x" * MOST_CELL_CHARACTERS, "x" * (MOST_CELL_CHARACTERS + 1)]}, tmp_path / "a.xlsx")
    with pytest.raises(TaskError, match=r"Excel holds 1,048,575 rows, not 1,048,576"):
        write_rows({"text": ["x"] * 1_048_576}, tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


ODD = st.sampled_from(["=1+1", "#N/A", "_x0041_", "_x1234\0", "\ud800", "a\r\nb", " "])
VALUE = st.one_of(st.text(min_size=1, max_size=12), ODD,
                  st.integers(-(10**15), 10**15), st.booleans(), st.integers(1, 10**9).map(lambda n: n + 0.125))


@given(st.lists(VALUE, min_size=1, max_size=6))
@settings(deadline=None, database=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(tmp_path, values):
    write_rows({"=text": values, "n": [1] * len(values)}, tmp_path / "a.xlsx")
    found = read_file(tmp_path / "a.xlsx")[0]["=text"]
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


def test_numbers_that_excel_would_round_stay_exact_as_text(tmp_path):
    write_rows({"id": [10**15, 10**15 + 1, float("inf"), None, [1]], "n": [1] * 5}, tmp_path / "a.xlsx")
    assert read_file(tmp_path / "a.xlsx")[0]["id"] == [10**15, str(10**15 + 1), "inf", None, "[1]"]
