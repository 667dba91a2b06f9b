"""Words by the tokenization rules of spaCy for each language."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autotext.components.component import register
from autotext.components.tokenizer import Tokenizer
from autotext.errors import ComponentError
from autotext.space import Choice
from autotext.space.domains import Anything, FromTask

# Languages for which spaCy needs packages that not every machine can install; these are split at white space.
_WITHOUT_RULES = ("ko", "ja", "th", "vi")
_ALIASES = {"no": "nb"}


@lru_cache(maxsize=4)
def _pipeline(language: str, lemma: bool, trained: str) -> Any:
    import spacy
    from spacy.util import get_lang_class

    if trained:
        # A saved pipeline may come from any source, and spaCy would import any package, or read any folder, that it names.
        if trained not in entry_points(group="spacy_models").names:
            raise ComponentError(f"spaCy has no installed pipeline {trained!r}: python -m spacy download {trained}, or make a "
                                 "package of your own pipeline with python -m spacy package and install that")
        return spacy.load(trained, exclude=["parser", "ner"] if lemma else ["parser", "ner", "tagger", "lemmatizer"])
    language = _ALIASES.get(language, language)
    try:
        get_lang_class(language)
    except ImportError:
        language = "xx"
    plain = {"nlp": {"tokenizer": {"@tokenizers": "spacy.Tokenizer.v1"}}} if language in _WITHOUT_RULES else {}
    pipeline = spacy.blank(language, config=plain)
    pipeline.max_length = 10**9
    if lemma:
        if not find_spec("spacy_lookups_data"):
            raise ComponentError('Lemmas need tables: pip install "autotext[lemmas]"')
        pipeline.add_pipe("lemmatizer", config={"mode": "lookup"})
        try:
            pipeline.initialize()
        except ValueError as error:
            raise ComponentError(f"spaCy has no lemma table for the language {language!r}.") from error
    return pipeline


@register
class SpacyWords(Tokenizer):
    """Words by the tokenization rules of spaCy, which treat contractions, units and emoticons.

    Parameters
    ----------
    language : str, default="xx"
        ISO 639 code. A language that spaCy does not know is treated as "xx", any language, and the report says so.
    lemma : bool, default=False
        Whether words are replaced by their dictionary form, from spaCy's lookup tables or the trained pipeline.
    trained : str, default=""
        Name of a trained pipeline that is installed as a package, e.g. ``de_core_news_sm``; empty: a blank one.

    Notes
    -----
    Nothing is downloaded. https://spacy.io/usage/linguistic-features#tokenization

    Examples
    --------
    >>> SpacyWords(language="en").transform(["Don't stop :)"])
    [['Do', "n't", 'stop', ':)']]
    """

    name = "spacy"
    requires = "spacy"
    extra = "spacy"
    parameters = {"language": FromTask("language"), "lemma": Choice((False, True)), "trained": Anything()}
    legacy = {"trained": ""}

    def __init__(self, language: str = "xx", lemma: bool = False, trained: str = "") -> None:
        self.language = language
        self.lemma = lemma
        self.trained = trained

    @classmethod
    def unsupported_reason(cls, language: str) -> str:
        """Reason why spaCy has no rules for a language; see `Component.unsupported_reason`."""
        if language in _WITHOUT_RULES:
            return f"spaCy leaves {language!r} to other packages; words are parted at white space"
        # The folder of the language is looked up, as importing spaCy takes a second.
        spec = find_spec("spacy")
        folder = Path((spec and spec.origin) or "").parent / "lang" / _ALIASES.get(language, language)
        has_rules = language == "xx" or folder.is_dir()
        return "" if has_rules else f"spaCy has no rules for {language!r}; those of any language serve"

    def transform(self, texts: Sequence[str]) -> list[list[str]]:
        """Split each text into words, without white space."""
        # spaCy stores strings in UTF-8, which has no lone surrogates.
        valid = [text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        documents = _pipeline(self.language, self.lemma, self.trained).pipe(valid)
        if self.lemma:
            return [[token.lemma_ or token.text for token in document if not token.is_space] for document in documents]
        return [[token.text for token in document if not token.is_space] for document in documents]
