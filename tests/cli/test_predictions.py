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
