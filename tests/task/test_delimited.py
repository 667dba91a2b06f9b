"""Every way in which people write fields into lines: nothing is joined, parted or changed in silence."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autotext import TaskError
from autotext.task.delimited import read_delimited
from autotext.task.readers import read_file

DATA = Path(__file__).parents[1] / "data"
KEPT = "double quotes were read as part of the texts, first in line {}"
JOINED = "each of these groups of lines was read as one row"

# Many of the characters that matter to a reader of csv.
ODD = st.sampled_from([*'"",;\t|\n \rabé한\u2028\x0b😀\0\ufeff\\\'', "\r\n", '""'])
TEXT = st.lists(st.one_of(ODD, st.characters(exclude_categories=("Cs",))), max_size=8).map("".join)
PLAIN = TEXT.map(lambda text: text.translate(dict.fromkeys(map(ord, "\t\r\n"), " ")))


def table(texts):
    return st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=5)


def columns_of(rows, names=("text", "label", "more")):
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def written(rows, delimiter, quoting, ending="\r\n"):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=ending).writerows(rows)
    return buffer.getvalue()


def might_be_plain(text, delimiter, width):
    """Whether most lines of a file would as well be rows of unquoted fields: nobody could tell which was meant."""
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line]
    return sum(line.count(delimiter) == width - 1 for line in lines) > len(lines) / 2


@given(table(TEXT), st.sampled_from(",;\t|"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
@settings(deadline=None, database=None, max_examples=100)
def test_what_csv_writer_wrote_is_read_back_exactly(rows, delimiter, quoting):
    rows = [row for row in rows if any(row)]
    assume(rows)
    text = written([("text", "label", "more"), *rows], delimiter, quoting)
    lines_within = any("\n" in field for row in rows for field in row)
    assume(not (quoting == csv.QUOTE_MINIMAL and lines_within and might_be_plain(text, delimiter, 3)))
    assert read_delimited(text, "a.csv")[0] == columns_of(rows)


@given(table(TEXT), st.sampled_from(",;\t|"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@settings(deadline=None, database=None, max_examples=100)
def test_what_pandas_wrote_is_read_back_exactly(rows, delimiter, quoting):
    rows = [row for row in rows if any(row)]
    assume(rows)
    # Without quotes around it, which pandas leaves out, a carriage return before a line end is part of that.
    assume(not any(row[-1].endswith("\r") for row in rows))
    text = pd.DataFrame(columns_of(rows)).to_csv(index=False, sep=delimiter, quoting=quoting)
    lines_within = any("\n" in field for row in rows for field in row)
    assume(not (quoting == csv.QUOTE_MINIMAL and lines_within and might_be_plain(text, delimiter, 3)))
    assert read_delimited(text, "a.csv")[0] == columns_of(rows)


@given(table(PLAIN), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(deadline=None, database=None, max_examples=100)
def test_plain_lines_with_tabs_are_read_back_exactly(rows, ending):
    rows = [row for row in rows if any(row)]
    assume(rows)
    fields = [field for row in rows for field in row if '"' in field]
    # Doubled quotes within quotes, in every field that holds one: this is what a program writes.
    assume(not fields or not all(field[1:-1].count('"') and field.endswith('"') and not field[1:-1].replace('""', "").count('"')
                                 and len(field) > 1 for field in fields))
    text = ending.join("\t".join(row) for row in [("text", "label", "more"), *rows]) + ending
    columns, notes = read_delimited(text, "a.tsv")
    assert columns == columns_of(rows)
    assert any("double quotes" in note for note in notes) == any(field.startswith('"') for field in fields)


@pytest.mark.parametrize(("content", "texts", "labels", "note"), [
    # A quote that only opens, and one that only closes, far below: with tabs, with commas, with semicolons.
    ('label\ttext\nham\tone\nham\t"two\nspam\tthree\nham\tfour"\n', ["one", '"two', "three", 'four"'],
     ["ham", "ham", "spam", "ham"], KEPT.format(3)),
    ('label,text\nham,one\nham,"two\nspam,three\nham,four"\n', ["one", '"two', "three", 'four"'],
     ["ham", "ham", "spam", "ham"], KEPT.format(3)),
    ('text;label\n"two;ham\nthree;spam\nfour";ham\nfive;spam\n', ['"two', "three", 'four"', "five"],
     ["ham", "spam", "ham", "spam"], KEPT.format(2)),
    # Never closed; text after a closing quote; a quote in the middle, which encloses nothing.
    ('text,label\ngood,a\n"bad,b\nfine,a\n', ["good", '"bad', "fine"], ["a", "b", "a"], KEPT.format(3)),
    ('text\tlabel\n"Quoted word" then more\ta\nplain\tb\n', ['"Quoted word" then more', "plain"], ["a", "b"], KEPT.format(2)),
    ('text,label\nTV 32" wide,a\nsay "hi",b\n', ['TV 32" wide', 'say "hi"'], ["a", "b"], ""),
    # Whole texts in quotes: with commas they are taken off, with tabs only where a program put them there.
    ('text,label\n"good",a\nbad,b\n', ["good", "bad"], ["a", "b"], ""),
    ('text\tlabel\n"good"\ta\nbad\tb\n', ['"good"', "bad"], ["a", "b"], KEPT.format(2)),
    ('text\tlabel\n"so ""good"""\ta\nbad\tb\n', ['so "good"', "bad"], ["a", "b"], ""),
    ('text\tlabel\n"so ""good"""\ta\nsay "bad"\tb\n', ['"so ""good"""', 'say "bad"'], ["a", "b"], KEPT.format(2)),
    ('"text"\t"label"\n"good"\t"a"\n"bad"\t"b"\n', ["good", "bad"], ["a", "b"], ""),
    ("text\tlabel\n" + '"good"\ta\n"bad"\tb\n' * 5, ["good", "bad"] * 5, ["a", "b"] * 5, ""),
    # Fields that hold delimiters and line ends, and fit only with quotes.
    ('text\tlabel\n"two\nlines"\ta\nfine\tb\n', ["two\nlines", "fine"], ["a", "b"], ""),
    ('text\tlabel\n"a\ttab"\ta\nfine\tb\n', ["a\ttab", "fine"], ["a", "b"], ""),
    # Each line of the text has one comma; but none begins with a label that other rows have.
    ('label,text\na,"Hello\nfriend, you"\nb,bye\na,fine\nb,ok\n', ["Hello\nfriend, you", "bye", "fine", "ok"],
     ["a", "b", "a", "b"], ""),
    ("text,label\n" + '"x, y\nx, y\nx",a\n"z",b\n' * 4, ["x, y\nx, y\nx", "z"] * 4, ["a", "b"] * 4, ""),
    # A pair of stray quotes in a file that needs others; the rows between them are named.
    ('label,text\na,"so, good"\nb,"bad\na,fine\nb,TV 32"\na,ok\nb,no\na,"x, y"\n',
     ["so, good", "bad\na,fine\nb,TV 32", "ok", "no", "x, y"], ["a", "b", "a", "b", "a"], f"{JOINED}, because"),
])
def test_quotes_enclose_fields_only_where_that_explains_the_file(content, texts, labels, note):
    columns, notes = read_delimited(content, "a.csv")
    assert columns["text"] == texts
    assert columns["label"] == labels
    assert len(notes) == bool(note)
    assert note in "".join(notes)


@pytest.mark.parametrize(("content", "columns", "note"), [
    ('\ufeff"\ufefftext","label"\ngood,a\n', {"text": ["good"], "label": ["a"]}, ""),
    ("text,label\rgood,a\rbad,b\r", {"text": ["good", "bad"], "label": ["a", "b"]}, ""),
    ("text,label\r\ngood,a\nbad,b\r\nfine,a\r", {"text": ["good", "bad", "fine"], "label": ["a", "b", "a"]}, ""),
    ("text,label\ngood,a\rbad,b\r", {"text": ["good", "bad"], "label": ["a", "b"]}, ""),
    ("text,label\nso\rgood,a\nbad,b\n", {"text": ["so\rgood", "bad"], "label": ["a", "b"]}, ""),
    ("text,label,\ngood,a,\nbad,b\nfine,a,,,\n", {"text": ["good", "bad", "fine"], "label": ["a", "b", "a"]}, ""),
    ("text,label\n\ngood,a\n\n\nbad,b\n\n", {"text": ["good", "bad"], "label": ["a", "b"]},
     "3 empty lines were skipped; rows are counted without them: 2, 4, 5."),
    ("sep=;\ntext;label\nso, good;a\n", {"text": ["so, good"], "label": ["a"]}, ""),
    ("sep=\r\ngood\r\n", {"sep=": ["good"]}, ""),
    ("sep=:\rtext:label\rso, good:a\r", {"text": ["so, good"], "label": ["a"]}, ""),
    ("text,label\ngo\0od,a\n", {"text": ["go\0od"], "label": ["a"]}, ""),
    ("Text;Preis, netto;Label\ngut;0,5;a\nso, schlecht;1,5;b\n",
     {"Text": ["gut", "so, schlecht"], "Preis, netto": ["0,5", "1,5"], "Label": ["a", "b"]}, ""),
    ('text,label\n"a; b; c; d",x\n"e; f; g; h",y\n', {"text": ["a; b; c; d", "e; f; g; h"], "label": ["x", "y"]}, ""),
    ("text,label\na;b;c,x\nd;e;f,y\n", {"text": ["a;b;c", "d;e;f"], "label": ["x", "y"]}, ""),
    ('"te,xt";"la\nbel"\ngood;a\n', {"te,xt": ["good"], "la\nbel": ["a"]}, ""),
    ("text\nso, good\nbad\n", {"text": ["so, good", "bad"]}, ""),
    ('text\n"two\nlines"\n"so, good"\n""\nfine\n', {"text": ["two\nlines", "so, good", "", "fine"]}, f"{JOINED}, because"),
    ('text\n"he said\nTV 32" wide\nends"\n', {"text": ['"he said', 'TV 32" wide', 'ends"']}, KEPT.format(2)),
])
def test_unusual_lines_are_read_as_they_were_meant(tmp_path, content, columns, note):
    (tmp_path / "a.csv").write_bytes(content.encode())
    found, notes = read_file(tmp_path / "a.csv")
    assert found == columns
    assert len(notes) == bool(note)
    assert note in "".join(notes)


@pytest.mark.parametrize(("content", "message"), [
    ("text,label\ngood,a\n\nso, good,b\n", r"line 4: 3 fields where the header has 2\. Put a field .* in double quotes"),
    ("sep=,\ntext,label\ngood,a\nbad\n", r"line 4: 1 fields where the header has 2"),
    ("text\tlabel\n" + "good\ta\n" * 9 + '"bad\tb\nso\tgood\tb\n', r"line 12: 3 fields where the header has 2"),
    ('text,label\n"so, good",a\n"so "bad"",b\n', r"line 3: ',' expected after '\"'\. Inside .* double each quote"),
    ('text,label\n"so, good",a\n"bad,b\n', r"line 3: a double quote is opened in this row and never closed"),
    ("Reviews of 2024\ntext,label\ngood,a\n", r"line 2: 2 fields where the header has 1\..* first line is a title, delete it"),
    ("# kept by Ann\ntext\tlabel\ngood, bad\ta\n", r"line 2: 2 fields where the header has 1\..* delete it"),
    ("text;text\ngood;a\n", "two columns are called 'text'"),
    ('text,label\r\n\r\n"",\r\n', "header and no rows"),
    ("sep=;\n", "header and no rows"),
])
def test_what_cannot_be_read_names_the_line_of_the_file(content, message):
    with pytest.raises(TaskError, match=message):
        read_delimited(content, "a.csv")


def test_long_lines_and_many_of_them_are_read():
    long = "x, " * 400_000
    columns, _ = read_delimited("text;label\n" + f'{long};a\n"{long}\n{long}";b\n', "a.csv")
    assert columns == {"text": [long, f"{long}\n{long}"], "label": ["a", "b"]}


def test_files_as_people_have_them():
    columns, _ = read_file(DATA / "bare_quotes.tsv")
    assert columns["label"] == ["ham", "ham", "spam", "ham", "spam"]
    assert columns["message"][1] == '"he said this and never closed it'
    columns, _ = read_file(DATA / "quoted_start.tsv")
    assert columns["text"] == ["plain one", '"Quoted word" then more text', "plain two"]
    assert columns["fine"] == ["OTHER", "INSULT", "OTHER"]
