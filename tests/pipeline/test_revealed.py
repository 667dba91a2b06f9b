"""What the folder of a saved pipeline says of the training texts, as the README tells it."""

import pytest

from autotext import TextPipeline, load_pipeline

SECRET = "zyxwabc"
TEXTS = [f"good thing {number}" for number in range(20)] + [f"bad thing {number}" for number in range(20)]
LABELS = ["fine"] * 20 + ["poor"] * 20
WORDS = {"tokenizer": "words", "model": "logistic"}


def saved(configuration, folder):
    TextPipeline(configuration).fit([f"good {SECRET}", *TEXTS], ["fine", *LABELS]).save(folder)
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("configuration", "kept"), [
    ({**WORDS, "features": "word_tfidf", "features.word_tfidf.min_df": 1}, True),
    ({**WORDS, "features": "word_tfidf", "features.word_tfidf.min_df": 2}, False),
    ({**WORDS, "tokenizer": "spacy", "features": "word_tfidf", "features.word_tfidf.min_df": 1}, True),
    ({**WORDS, "features": "nb_ratio", "features.nb_ratio.min_df": 1}, True),
    ({**WORDS, "tokenizer": "subwords", "features": "word_tfidf", "features.word_tfidf.min_df": 2}, True),
    ({**WORDS, "features": "word_hashing"}, False),
    ({**WORDS, "features": "word_hashing", "model": "neighbours"}, False),
    ({"features": "surface", "model": "logistic"}, False),
])
def test_words_that_stood_in_one_text_are_in_the_folder_where_they_are_counted(configuration, kept, tmp_path):
    data = saved(configuration, tmp_path / "saved")
    assert (SECRET.encode() in data) == kept
    assert b"fine" in data
    assert b"thing 7" not in data


def test_pieces_of_texts_can_be_read_from_counted_characters(tmp_path):
    saved({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "features.char_tfidf.span": "1-7", "model": "logistic"},
          tmp_path / "saved")
    names = load_pipeline(tmp_path / "saved").fitted_.chain.features[0].names()
    assert SECRET in names
    assert max(map(len, names)) == 7
