"""The page of a search: what it says, and that no text, label or file of a stranger can break it."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_reports import HOSTILE, made_evaluations, made_report

from autotext import ArgumentError, ArtifactError, Budget, Evaluation, Report, TextPipeline, optimize_pipeline
from autotext.report.importance import explained_shares
from autotext.report.mistakes import confident_errors, confusions
from autotext.report.page import render_page
from autotext.task import Task

VOID = {"meta", "br", "img", "input", "link", "hr"}


class Reader(HTMLParser):
    """Reads a page: its elements, whose ends must match their beginnings, its headings and its text."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes, self.headings, self.text = [], set(), set(), [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)
            if {"h2", "h3"} & set(self.open):
                self.headings.append(data.strip())

    @property
    def said(self):
        return " ".join(" ".join(self.text).split())


def test_a_page_says_what_a_search_brought():
    page = Reader(render_page(made_report()))
    for said in ("reviews.csv", "is expected to reach accuracy 0.890 on new texts (90 % interval 0.870 to 0.910)",
                 "0.050 above TF-IDF with logistic regression and 0.500 above always answering the most frequent label",
                 "words > word_tfidf + char_tfidf > linear_svm", "Prior tasks suggested 16 configurations, of which 5 were",
                 "in the 90 % interval of their forecast", "tokenizer.kiwi: for HANGUL letters", "3 rows repeat another.",
                 "1 failed: ValueError: too bad", "a was absent (3×)", 'load_pipeline("FOLDER")'):
        assert said in page.said, said
    assert page.headings[0] == "The pipeline"
    assert {"Leaderboard", "What mattered", "Where it is wrong", "How sure it is",
            "What is taken for what"} <= set(page.headings)


def test_members_of_an_ensemble_have_their_weights():
    ensemble = ({"fingerprint": "f3", "weight": 0.25}, {"fingerprint": "f5", "weight": 0.75})
    said = Reader(render_page(made_report(ensemble=ensemble))).said
    assert "An ensemble of 2 pipelines is expected" in said
    assert said.index("75 %") < said.index("25 %")


def test_a_page_is_one_file_that_asks_nothing_of_a_network():
    html = render_page(made_report())
    assert not re.search(r"https?:|url\(|@import|<script|<link|<img|src=", html)
    assert "default-src 'none'" in html


@pytest.mark.parametrize("several", [False, True])
def test_hostile_texts_and_labels_stay_text(several):
    labels = [[label, "other"] for label in HOSTILE] if several else HOSTILE
    report = made_report(HOSTILE, labels, 220, removed=tuple(HOSTILE), findings=tuple(HOSTILE), notes=tuple(HOSTILE))
    hostile = report.replace(task={**report.task, "name": HOSTILE[0], "language": '"><script>'}, metric=HOSTILE[1])
    html = render_page(hostile)
    page = Reader(html)
    assert not page.tags & {"script", "img", "iframe", "object", "link"}
    assert not {name for name in page.attributes if name.startswith("on")}
    assert "<script>top.ran = 1</script>" in page.said
    assert "{{ 7 * 7 }}" in page.said
    html.encode("utf-8")
    Reader(hostile._repr_html_())


@given(st.lists(st.text(min_size=1), min_size=2, max_size=6, unique=True))
@settings(max_examples=30, deadline=None)
def test_any_text_stays_text(texts):
    report = made_report()
    rows = [{"row": 1, "text": text, "label": text, "predicted": texts[0], "suggested": [text], "score": 0.5} for text in texts]
    pairs = [{"label": text, "predicted": None, "rows": 2, "examples": [{"row": 1, "text": text}]} for text in texts]
    tags = Reader(render_page(report)).tags
    assert Reader(render_page(report.replace(errors=rows, label_issues=rows, confusions=pairs, class_table=()))).tags <= tags


def test_the_size_of_a_page_is_bounded():
    labels = [f"label {number} " + "x" * 10_000 for number in range(300)]
    report = made_report(["y" * 2**20], labels, 900)
    many = report.replace(evaluations=made_evaluations(np.random.default_rng(0), 3000), notes=("n" * 10**6,) * 500,
                          removed=("r" * 10**6,) * 500, metric="m" * 10**6)
    assert all(len(entry["text"]) <= 300 for entry in (*report.errors, *report.label_issues))
    html = render_page(many)
    assert len(html.encode()) < 2 * 10**6
    assert "of 300" in Reader(html).said


def test_a_search_in_which_nothing_was_judged_says_so():
    empty = Report("interrupted", {"name": "a", "rows": 10}, "accuracy", "fast", 0, 1, {"seconds": 1.0},
                   notes=("Give more time.",))
    page = Reader(render_page(empty))
    assert "nothing is known of how good it is" in page.said
    assert "It was interrupted." in page.said
    assert "Give more time." in page.said
    assert "Leaderboard" not in page.headings
    assert Reader(empty._repr_html_()).said


@pytest.mark.parametrize("lacking", [("reliability",), ("coverage", "reliability"), ("baseline", "class_table"),
                                     ("learning_gain", "label_issues", "errors", "confusions"), ("warm_start", "seconds")])
def test_reports_of_earlier_versions_lack_fields(lacking):
    report = made_report()
    saved = report.to_json()
    read = Report.from_json(json.loads(json.dumps({name: value for name, value in saved.items() if name not in lacking and
                                                   name != {"warm_start": "warm"}.get(lacking[0])})))
    assert Reader(render_page(read)).said
    assert Reader(render_page(read.replace(task={"name": "old", "rows": 5, "search_rows": 5, "classes": 2}))).said


def test_a_saved_report_has_no_texts_and_says_why():
    report = made_report(["a rare sentence"])
    saved = json.dumps(report.to_json())
    assert "a rare sentence" not in saved
    read = Report.from_json(json.loads(saved))
    assert read == report
    assert "Texts are not saved with a pipeline" in Reader(render_page(read)).said
    assert "a rare sentence" in render_page(report)


@pytest.mark.parametrize(("name", "value", "message"), [
    ("reliability", [{"confidence": 2, "accuracy": 0.5, "rows": 3}], "confidence of an entry of reliability cannot be 2"),
    ("reliability", [{"confidence": 0.5, "accuracy": 0.5, "rows": True}], "rows of an entry of reliability"),
    ("reliability", {"confidence": 0.5}, "reliability must be a list"),
    ("coverage", [5], "entry of coverage must be an object"),
    ("coverage", [{"min_score": "a", "answered": 1, "error": 0}], "min_score of an entry of coverage cannot be 'a'"),
    ("class_table", [{"label": [1], "rows": 1, "precision": 0, "recall": 0, "f1": 0}], "label of an entry of class_table"),
    ("ensemble", [{"fingerprint": "a", "weight": "<b>"}], "weight of an entry of ensemble cannot be '<b>'"),
    ("seconds", {"total": "<b>"}, "total of seconds cannot be '<b>'"), ("baseline", ["a"], "baseline must be an object"),
    ("errors", [{"row": 1}], "a saved report holds no texts, and no 'errors'")])
def test_tables_of_strangers_are_checked(name, value, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Report.from_json({**made_report().to_json(), name: value})


@pytest.mark.parametrize("name", ["report.pdf", "report", "report.html.txt", ".html"])
def test_other_endings_are_refused(name, tmp_path):
    with pytest.raises(ArgumentError, match=r"name it '.*\.html' instead of"):
        made_report().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_page_replaces_an_older_one_or_leaves_it(tmp_path, monkeypatch):
    file = tmp_path / "보고서.html"
    assert made_report().save(file) == file
    before = file.read_text("utf-8")

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ArtifactError, match="no space left"):
        made_report(seed=1).save(file)
    assert file.read_text("utf-8") == before
    with pytest.raises(ArtifactError, match="there is no folder"):
        made_report().save(tmp_path / "no" / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["보고서.html"]


def test_confusions_count_each_wrong_answer_once():
    task = Task.read([f"text {number}" for number in range(60)], ["a", "b", "c"] * 20)
    rng = np.random.default_rng(3)
    predictions, sure = rng.integers(3, size=60), rng.random(60)
    rows = np.arange(60)
    pairs = confusions(task.targets, predictions, sure, rows, task)
    errors = confident_errors(task.targets, predictions, sure, rows, task)
    assert sum(pair["rows"] for pair in pairs) == len(errors) == (predictions != task.targets).sum()
    assert [pair["rows"] for pair in pairs] == sorted((pair["rows"] for pair in pairs), reverse=True)
    for pair in pairs:
        of_pair = [error for error in errors if (error["label"], error["predicted"]) == (pair["label"], pair["predicted"])]
        assert [row["row"] for row in pair["examples"]] == [error["row"] for error in of_pair][:3]


def test_of_several_labels_a_missing_one_is_paired_with_what_is_there_instead():
    task = Task.read(["t1", "t2", "t3", "t4"], [["a"], ["a", "b"], ["b"], ["b"]])
    predictions = np.array([[0, 1], [1, 0], [1, 1], [0, 1]])
    pairs = confusions(task.targets, predictions, np.ones(4), np.arange(4), task)
    assert {(pair["label"], pair["predicted"]): [row["row"] for row in pair["examples"]] for pair in pairs} == {
        ("a", "b"): [1], ("b", None): [2], (None, "a"): [3]}


def test_what_a_choice_explains_is_told_from_chance():
    rng = np.random.default_rng(0)
    tried = [Evaluation(number, {"model": ("a", "b")[number % 2], "noise": int(rng.integers(4)), "constant": 1}, "", "search",
                        "ok", float(number % 2 + 0.1 * rng.random())) for number in range(100)]
    shares = explained_shares(tried)
    assert next(iter(shares)) == "model"
    assert shares["model"] > 0.7 > 0.2 > shares.get("noise", 0.0)
    assert "constant" not in shares
    assert explained_shares(tried[:5]) == {}


def test_a_search_fills_the_page():
    things, verdicts = ("cable", "screen", "box", "case"), ("great", "works", "poor", "broke")
    texts = [f"{thing} {verdict} {number}" for number in range(10) for thing in things for verdict in verdicts]
    labels = ["good" if any(word in text for word in verdicts[:2]) else "bad" for text in texts]
    labels[5] = "good" if labels[5] == "bad" else "bad"
    pipeline = optimize_pipeline((texts, labels), budget=Budget(seconds=None, trials=2), workers=1)
    report = pipeline.report
    assert sum(entry["rows"] for entry in report.reliability) == len(texts)
    assert any(error["text"] == texts[error["row"] - 1] and error["label"] == labels[error["row"] - 1] != error["predicted"]
               for error in report.errors)
    page = Reader(render_page(report))
    assert all(error["text"] in page.said for error in report.errors[:5])
    assert "Labels that are probably wrong" in " ".join(page.headings)


def test_notebooks_show_pipelines_and_reports_in_their_own_colours():
    pipeline = TextPipeline([{"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "linear_svm"},
                             {"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "ridge"}], weights=[1, 3])
    before = Reader(pipeline._repr_html_()).said
    assert "not fitted" in before
    assert before.index("ridge") < before.index("linear_svm")
    pipeline.fit(["so good", "very good", "so bad", "very bad"] * 3, ["<b>", "-", "<b>", "-"] * 3)
    fitted = pipeline._repr_mimebundle_()["text/html"]
    assert "2 labels: -, &lt;b&gt;" in fitted
    for html in (fitted, made_report()._repr_html_()):
        assert Reader(html).tags <= {"div", "style", "p", "b", "bdi", "span", "ol", "li", "dl", "dt", "dd", "table",
                                     "thead", "tbody", "tr", "th", "td"}
        rules = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1].strip().splitlines()
        assert all(rule.startswith(".autotext-report") for rule in rules)
        assert not re.search(r"[^-]color:|background", "".join(rules))


@pytest.mark.parametrize("configuration", [5, None, "x", [1], {1: 2}, {"features": None}, [{"model": "<b>"}] * 2,
                                           {"a": object()}])
def test_notebooks_show_pipelines_that_cannot_be_used(configuration):
    assert Reader(TextPipeline(configuration, weights="x")._repr_html_()).said


def test_the_command_line_writes_a_page(tmp_path):
    rows = [f"{number} {text},{label}" for number in range(30) for text, label in (("so good", "+"), ("so bad", "-"))]
    (tmp_path / "verdicts.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    command = [sys.executable, "-m", "autotext", "optimize", "verdicts.csv", "--trials", "1", "--workers", "1", "--report"]
    subprocess.run([*command, "report.html"], cwd=tmp_path, capture_output=True, check=True)
    assert "verdicts.csv" in Reader((tmp_path / "report.html").read_text("utf-8")).said


@pytest.mark.parametrize(("command", "file", "message"), [
    ("optimize verdicts.csv", "report.pdf", "name it 'report.html' instead of 'report.pdf'"),
    ("optimize verdicts.csv", "no/report.html", "there is no folder"),
    ("optimize verdicts.csv", "verdicts-pipeline/report.html", "cannot be kept in the folder of its pipeline"),
    ("demo", "report.pdf", "name it 'report.html' instead of 'report.pdf'")])
def test_a_page_that_cannot_be_written_is_refused_before_the_search(command, file, message, tmp_path):
    (tmp_path / "verdicts.csv").write_text("text,label\na,b\n")
    ended = subprocess.run([sys.executable, "-m", "autotext", *command.split(), "--report", file], cwd=tmp_path,
                           capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["verdicts.csv"]
