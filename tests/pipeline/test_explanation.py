"""Which words speak for a label."""

import itertools
import json
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from conftest import toy
from hypothesis import given
from hypothesis import strategies as st

from autotext import ArgumentError, TextPipeline
from autotext.cli.main import main
from autotext.components.tokenizers.words import word_spans
from autotext.pipeline.explanation import explain_by_occlusion

CONFIGURATION = {"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "logistic"}


@pytest.fixture(scope="module")
def pipeline():
    return TextPipeline(CONFIGURATION).fit(["so good", "very good", "so bad", "very bad"] * 3, ["+", "+", "-", "-"] * 3)


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", "korean", "chinese"])
def test_weights_are_what_leaving_a_word_out_does(name):
    texts, labels = toy(name)
    pipeline = TextPipeline({"features": "char_tfidf", "model": "logistic"}).fit(texts, labels)
    for text in texts[:4]:
        explanation = pipeline.explain(text)
        column = pipeline.classes_.tolist().index(explanation.label)
        assert explanation.score == pytest.approx(pipeline.predict_proba([text])[0, column])
        assert explanation.score == pytest.approx(pipeline.predict_proba([text])[0].max())
        assert [span.text for span in explanation.spans] == [text[span.start : span.end] for span in explanation.spans]
        for span in explanation.spans:
            without = pipeline.predict_proba([text[: span.start] + text[span.end :]])[0, column]
            logits = [np.log(chance / (1 - chance)) for chance in (explanation.score, without)]
            assert span.weight == pytest.approx(logits[0] - logits[1], abs=1e-6)


def test_the_deciding_word_comes_first_and_speaks_against_the_other_label(pipeline):
    for label, sign in (("+", 1), ("-", -1)):
        strongest = pipeline.explain("so very good", label).top(1)[0]
        assert strongest.text == "good"
        assert sign * strongest.weight > 0.5
    assert pipeline.explain("so very good").label == "+"


def test_the_predicted_label_is_explained_also_where_another_is_likelier(pipeline):
    fitted = replace(pipeline.fitted_, decision=replace(pipeline.fitted_.decision, threshold=5.0))
    moved = TextPipeline.from_fitted(fitted)
    for text in ("so good", "so bad"):
        assert moved.explain(text).label == moved.predict([text])[0] == pipeline.classes_[0]


def test_texts_without_words_and_long_texts_have_explanations(pipeline):
    for text in ("", "   \n"):
        assert pipeline.explain(text).spans == ()
    long = pipeline.explain("so so so so good " * 200)
    assert len(long.spans) == 100
    assert all(before.end <= after.start for before, after in itertools.pairwise(long.spans))


def test_what_is_no_text_and_no_label_is_refused(pipeline):
    with pytest.raises(ArgumentError, match="text must be a single text"):
        pipeline.explain(["so good"])
    with pytest.raises(ArgumentError, match="There is no label 'good'"):
        pipeline.explain("so good", "good")


def test_html_shows_the_whole_text_and_lets_nothing_out():
    def some(texts):
        share = np.array([0.9 if "<script>" in text else 0.2 for text in texts])
        return np.column_stack([1 - share, share])

    text = 'a <script>alert("x")</script> & b'
    shown = explain_by_occlusion(text, 1, "<b>", some)._repr_html_()
    assert "<script" not in shown
    assert "<b>&lt;b&gt;</b>" in shown
    assert shown.count("<span") == shown.count("</span>")


@given(st.text(max_size=60))
def test_spans_are_in_order_and_never_begin_within_a_character(text):
    spans = word_spans(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    for start, _ in spans:
        is_mark = unicodedata.category(text[start]) in ("Mn", "Me") and start > 0
        assert not (is_mark and any(previous[1] == start for previous in spans))


@pytest.mark.parametrize(("text", "parts"), [
    ("👨\u200d👩\u200d👧 가족", ["👨\u200d👩\u200d👧", "가족"]), ("🇰🇷🇯🇵", ["🇰🇷", "🇯🇵"]), ("a👍🏽b", ["a", "👍🏽", "b"]),
    ("e\u0301tude!", ["e\u0301tude", "!"]), ("中文", ["中", "文"]), ("क्षत्रिय", ["क्षत्रिय"])])
def test_spans_are_cut_where_readers_see_characters(text, parts):
    assert [text[start:end] for start, end in word_spans(text)] == parts


def test_the_command_says_what_speaks_for_the_label(pipeline, tmp_path, capsys):
    folder = str(pipeline.save(tmp_path / "pipeline"))
    main(["explain", folder, "so good"])
    said = capsys.readouterr().out
    assert said.startswith("'+', score 0.")
    assert "for: 'good' +" in said
    main(["explain", folder, "so good", "--label", "-", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (document["label"], [span["text"] for span in document["spans"]]) == ("-", ["so", "good"])
    with pytest.raises(SystemExit):
        main(["explain", folder, "so good", "--label", "good"])
    assert "There is no label 'good'" in capsys.readouterr().err
