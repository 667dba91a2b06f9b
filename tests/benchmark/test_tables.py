"""Tables as Markdown, LaTeX and CSV say the same, whatever arms and tasks are called."""

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from scored_lines import line, lines_of

from autotext.benchmark.comparison import Comparison
from autotext.benchmark.sheets import interval, number
from autotext.benchmark.tables import to_csv, to_latex, to_markdown, write_tables
from autotext.errors import BenchmarkError

SCORES = {"t": {"autotext": 0.91, "tfidf_lr": 0.8, "flaml": 0.7}, "u": {"autotext": 0.9, "tfidf_lr": 0.95, "flaml": None}}
HOSTILE = ["a|b", "a\nb", "*a*", "_a_", "`a`", "<b>a</b>", "[a](b)", "a & b", r"\alpha \\", "50 % #1 $x$ {y} ~z^", "</table>",
           "=1+1", "\ud800", "\x1b[31m", "-", "한국어", "a,b", '"a"', "\\|", "&lt;"]


def compared():
    return Comparison.from_lines(lines_of(SCORES))


def markdown_tables(text):
    """Cells of the tables of a Markdown document, as their text is shown."""
    tables, row = [], None
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type == "inline" and tables and token.map and row is not None:
            tables[-1][-1].append("".join(child.content for child in token.children))
        row = {"th_open": True, "td_open": True, "th_close": None, "td_close": None}.get(token.type, row)
    return tables


def latex_tables(text):
    """Rows of cells of the tabulars of a LaTeX document, as they are written."""
    return [[re.split(r"(?<!\\) & |(?<!\\)& ", row.removesuffix(r" \\")) for row in body.splitlines() if row.endswith(r"\\")]
            for body in re.findall(r"\\toprule\n(.*?)\\bottomrule", text, re.DOTALL)]


def shown(name):
    """A name on one line, as tables show it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())


def test_markdown_has_arms_scores_pairs_costs_and_notes():
    text = to_markdown(compared())
    assert re.findall("^#+ .*", text, re.MULTILINE) == [
        "# Benchmark quick at 60 s on 1 core", "## Single-label tasks: arms", "## Single-label tasks: scores",
        "## Single-label tasks: wins, ties and losses", "## Single-label tasks: costs", "## Notes"]
    arms, scores, pairs, costs = markdown_tables(text)
    assert [row[:3] for row in arms] == [["Arm", "Kind", "Mean rank"], ["autotext", "system", "1.50"],
                                         ["tfidf_lr", "system", "1.50"], ["flaml", "system", "3.00"]]
    assert scores == [["Task", "Language", "Metric", "Floor", "autotext", "tfidf_lr", "flaml"],
                      ["t", "en", "accuracy", "0.250", "0.910", "0.800", "0.700"],
                      ["u", "en", "accuracy", "0.250", "0.900", "0.950", "0.250†"]]
    assert pairs[1] == ["autotext", "–", "1/0/1", "2/0/0"]
    assert costs[3][-1] == "1 failed, 1 ok"
    assert "| **0.910** | 0.800 | 0.700 |" in text
    assert "- u, flaml: failed." in text
    assert "| tfidf_lr | system |" in text
    assert "autotext: above the best of its peers, task by task, on 1 of 2 tasks; mean difference +3.0 points." in text


def test_latex_is_ready_for_a_paper():
    text = to_latex(compared())
    scores = latex_tables(text)[1]
    assert text.startswith("% In the preamble: \\usepackage{booktabs,graphicx}\n")
    assert scores[0] == ["Task", "Language", "Metric", "Floor", "autotext", r"tfidf\_lr", "flaml"]
    assert scores[2] == ["u", "en", "accuracy", "0.250", "0.900", r"\textbf{0.950}", r"0.250$^{\dagger}$"]
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == text.count(r"\caption{") == 4
    assert r"\label{tab:single-label-tasks-scores}" in text
    assert len(set(re.findall(r"\\label\{.*\}", text))) == 4
    assert "% u, flaml: failed." in text


def test_heads_of_many_columns_are_turned():
    text = to_latex(Comparison.from_lines([line(f"arm{number}") for number in range(9)]))
    assert r"\rotatebox{60}{arm8}" in text
    assert r"\rotatebox" not in to_latex(compared())


def test_csv_has_all_digits_and_reasons():
    files = {name: list(csv.DictReader(io.StringIO(text))) for name, text in to_csv(compared()).items()}
    assert list(files) == ["scores.csv", "arms.csv", "pairs.csv"]
    flaml = next(row for row in files["scores.csv"] if (row["task"], row["arm"]) == ("u", "flaml"))
    assert (flaml["score"], flaml["seeds"], flaml["all_seeds"], flaml["imputed"], flaml["reason"]) == (
        "0.25", "0", "1", "1", "failed")
    first = files["arms.csv"][0]
    assert (first["arm"], first["mean_rank"], first["above_best_peer"]) == ("autotext", "1.5", "0.5")
    assert float(first["points_from_best_peer"]) == pytest.approx(100 * (0.11 - 0.05) / 2)
    # Two families have no intervals.
    assert first["mean_score_low"] == ""
    assert len(files["pairs.csv"]) == 6
    assert (files["pairs.csv"][0]["wins"], files["pairs.csv"][0]["losses"]) == ("1", "1")


def test_a_score_is_in_csv_once_however_many_tables_it_is_in():
    comparison = Comparison.from_lines([line(arm, encoder=encoder) for arm in "ab" for encoder in ("", "mini")])
    assert len(comparison.tables) == 3
    rows = list(csv.DictReader(io.StringIO(to_csv(comparison)["scores.csv"])))
    assert [row["arm"] for row in rows] == ["a", "a + mini", "b", "b + mini"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name):
    lines = [line(arm, task, score, error=name) for task in (name, "t") for arm, score in ((name, None), ("b", 0.5))]
    comparison = Comparison.from_lines([*lines, line(name, "v"), line("b", "v")])
    tables = markdown_tables(to_markdown(comparison))
    assert len(tables) == 4
    for table in tables:
        assert {len(row) for row in table} == {len(table[0])}
    assert shown(name) in {row[0] for row in tables[0]}
    for table in latex_tables(to_latex(comparison)):
        assert {len(row) for row in table} == {len(table[0])}
    rows = list(csv.DictReader(io.StringIO(to_csv(comparison)["scores.csv"], newline="")))
    assert {row["arm"] for row in rows} == {name, "b"}


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1))
def test_braces_and_math_of_latex_are_balanced_whatever_a_name_is(name):
    text = "".join(row.split("%")[0] if row.startswith("%") else row + "\n"
                   for row in to_latex(Comparison.from_lines([line(name), line("b")])).splitlines())
    plain = re.sub(r"\\[\\&%$#_{}]", "", text)
    depth = 0
    for sign in plain:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    assert plain.count("$") % 2 == 0
    assert not re.search(r"[#_%]", plain.replace("\\label", ""))


def test_budgets_versions_and_machines_are_there_where_lines_have_them():
    lines = [line(seconds=10.0), line(score=0.75, versions={"python": "3.11"}, machine={"cpu": "x & y", "cores": 2})]
    text = to_markdown(Comparison.from_lines(lines))
    assert markdown_tables(text)[-1] == [["Arm", "10 s", "60 s"], ["a", "0.500", "0.750"]]
    assert "- a: python 3.11" in text
    assert "- cores: 2, cpu: x &amp; y" in text


def test_an_infinite_elo_is_said():
    text = to_markdown(Comparison.from_lines(lines_of({"t": {"a": 0.9, "b": 0.8}, "u": {"a": 0.9, "b": 0.8}})))
    assert "−∞" in text
    assert "An infinite Elo: above, or below, all rated arms on every task." in text


def test_tables_are_written(tmp_path):
    paths = write_tables(compared(), tmp_path)
    assert [path.name for path in paths] == ["comparison.md", "comparison.tex", "scores.csv", "arms.csv", "pairs.csv"]
    assert paths[0].read_text("utf-8") == to_markdown(compared())
    assert write_tables(compared(), tmp_path) == paths


def test_tables_with_half_a_character_are_written(tmp_path):
    write_tables(Comparison.from_lines([line("\ud800"), line("b")]), tmp_path)
    assert "?" in (tmp_path / "scores.csv").read_text("utf-8")


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(BenchmarkError, match=r"comparison\.md' cannot be written: there is no folder "):
        write_tables(compared(), tmp_path / "none")


def test_there_may_be_no_table_at_all():
    comparison = Comparison.from_lines([line(score=None, status="unavailable")])
    assert "a is left out: unavailable" in to_markdown(comparison)
    assert set(to_csv(comparison).values()) == {"\n"}


@pytest.mark.parametrize(("values", "digits", "words"), [
    ((0.5, 0.25, 0.75), 2, "0.50 [0.25, 0.75]"),
    ((1234.0, 1000.0, float("inf")), 0, "1,234 [1,000, ∞]"),
    ((float("-inf"),) * 3, 0, "−∞"),
    ((0.5, float("nan"), float("nan")), 1, "0.5"),
])
def test_intervals_are_in_brackets(values, digits, words):
    assert interval(values, digits) == words


def test_numbers_that_are_missing_are_a_dash():
    assert (number(None, 1), number(float("nan"), 1), number(-0.25, 2)) == ("–", "–", "−0.25")
