import pytest

from autotext.components.tokenizers.spacy_words import SpacyWords
from autotext.errors import ComponentError


def test_lemmas_come_from_lookup_tables():
    assert SpacyWords(language="en", lemma=True).transform(["the mice were running"]) == [["the", "mouse", "be", "run"]]


def test_a_language_without_a_table_says_so():
    with pytest.raises(ComponentError, match="no lemma table"):
        SpacyWords(language="ko", lemma=True).transform(["한국어 문장"])


def test_a_trained_pipeline_of_the_user_is_used(tmp_path):
    import spacy

    pipeline = spacy.blank("en")
    pipeline.tokenizer.rules = {"autotext": [{"ORTH": "auto"}, {"ORTH": "text"}]}
    pipeline.to_disk(tmp_path / "own")
    assert SpacyWords(trained=str(tmp_path / "own")).transform(["use autotext"]) == [["use", "auto", "text"]]


def test_a_trained_pipeline_that_is_missing_says_what_to_type():
    with pytest.raises(ComponentError, match="spacy download xx_none_sm"):
        SpacyWords(trained="xx_none_sm").transform(["a"])
