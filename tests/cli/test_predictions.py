"""What is said of rows that are labelled."""

import pytest
from conftest import toy

from autotext import TextPipeline
from autotext.cli.predictions import predicted_rows
from autotext.task.inputs import Inputs

CHARACTERS = {"features": "char_tfidf", "model": "logistic"}
WORDS = {"tokenizer": "words", "features": "word_tfidf", "features.word_tfidf.min_df": 1, "model": "ridge"}


@pytest.mark.parametrize("configuration", [CHARACTERS, WORDS, [CHARACTERS, WORDS]], ids=["characters", "words", "both"])
@pytest.mark.parametrize("kind", ["binary", "multilabel"])
def test_texts_that_share_nothing_with_the_training_texts_are_counted(configuration, kind):
    pipeline = TextPipeline(configuration).fit(*toy(kind))
    texts = ["the film was lovely", "ዘዘዘ ዠዠዠ", "", None, "ዙዙዙዙ"]
    rows, notes = predicted_rows(pipeline, Inputs({"text": texts}, "new.csv"), None)
    assert "new.csv: 2 rows share nothing with the training texts; their label is that of an empty text, first row 2." in notes
    assert [label is None for label in rows["label"]] == [False, False, True, True, False]


def test_nothing_is_said_where_every_text_shares_something():
    pipeline = TextPipeline(WORDS).fit(*toy("binary"))
    assert predicted_rows(pipeline, Inputs({"text": ["the film was lovely", "lovely"]}, "new.csv"), None)[1] == []


@pytest.mark.parametrize("kind", ["binary", "multilabel"])
def test_rows_that_are_not_sure_enough_have_no_label(kind):
    pipeline = TextPipeline(CHARACTERS).fit(*toy(kind))
    texts = ["the film was lovely", "xq", ""]
    rows, notes = predicted_rows(pipeline, Inputs({"text": texts}, "new.csv"), None, 1.0)
    assert rows["label"] == [None, None, None]
    assert rows["score"][2] is None
    assert "new.csv: 2 of 3 rows are less sure than 1 and got no label." in notes
    middle = sum(rows["score"][:2]) / 2
    labels = predicted_rows(pipeline, Inputs({"text": texts}, "new.csv"), None, middle)[0]["label"]
    assert [label is None for label in labels[:2]] == [score < middle for score in rows["score"][:2]]
    assert predicted_rows(pipeline, Inputs({"text": texts}, "new.csv"), None, 0.0)[0]["label"][0] is not None


def test_scores_of_all_classes_are_columns_on_request():
    pipeline = TextPipeline(CHARACTERS).fit(*toy("multiclass"))
    inputs = Inputs({"text": ["the film was lovely", None], "score of good": [1, 2]}, "new.csv")
    rows, _ = predicted_rows(pipeline, inputs, None, all_scores=True)
    names = [name for name in rows if name not in ("text", "label", "score", "score of good")]
    assert names == ["score of bad", "score of cheap", "predicted_score of good"]
    assert sum(rows[name][0] for name in names) == pytest.approx(1.0, abs=1e-5)
    assert [rows[name][1] for name in names] == [None] * 3
