import pytest

from autotext.components.tokenizers.spacy_words import SpacyWords
from autotext.errors import ComponentError


def test_lemmas_come_from_lookup_tables():
    assert SpacyWords(language="en", lemma=True).transform(["the mice were running"]) == [["the", "mouse", "be", "run"]]


def test_a_language_without_a_table_says_so():
    with pytest.raises(ComponentError, match="no lemma table"):
        SpacyWords(language="ko", lemma=True).transform(["한국어 문장"])


def test_a_trained_pipeline_of_the_user_is_used(tmp_path, monkeypatch):
    import spacy

    pipeline = spacy.blank("en")
    pipeline.tokenizer.rules = {"autotext": [{"ORTH": "auto"}, {"ORTH": "text"}]}
    (tmp_path / "en_own").mkdir()
    pipeline.to_disk(tmp_path / "en_own" / "data")
    (tmp_path / "en_own" / "__init__.py").write_text(
        "import pathlib, spacy\n"
        "def load(**given): return spacy.util.load_model_from_path(pathlib.Path(__file__).parent / 'data', **given)\n"
    )
    (tmp_path / "en_own-1.0.dist-info").mkdir()
    (tmp_path / "en_own-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: en_own\nVersion: 1.0\n")
    (tmp_path / "en_own-1.0.dist-info" / "entry_points.txt").write_text("[spacy_models]\nen_own = en_own\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert SpacyWords(trained="en_own").transform(["use autotext"]) == [["use", "auto", "text"]]


def test_a_trained_pipeline_that_is_missing_says_what_to_type():
    with pytest.raises(ComponentError, match="spacy download xx_none_sm"):
        SpacyWords(trained="xx_none_sm").transform(["a"])


def test_a_folder_must_be_made_a_package_first(tmp_path):
    import spacy

    spacy.blank("en").to_disk(tmp_path / "own")
    with pytest.raises(ComponentError, match=r"no installed pipeline .*own'.*python -m spacy package"):
        SpacyWords(trained=str(tmp_path / "own")).transform(["a"])
