"""spaCy's rules for each language."""

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

# spaCy leaves these to packages that are not wheels everywhere; white space serves Korean.
_BY_OTHERS = ("ko", "ja", "th", "vi")
_ALIASES = {"no": "nb"}


@lru_cache(maxsize=4)
def _pipeline(language: str, lemma: bool, trained: str) -> Any:
    import spacy
    from spacy.util import get_lang_class

    if trained:
        # A saved pipeline may come from anyone, and spaCy would import any package, or follow any folder, that it names.
        if trained not in entry_points(group="spacy_models").names:
            raise ComponentError(f"spaCy has no installed pipeline {trained!r}: python -m spacy download {trained}, or make a "
                                 "package of your own pipeline with python -m spacy package and install that")
        return spacy.load(trained, exclude=["parser", "ner"] if lemma else ["parser", "ner", "tagger", "lemmatizer"])
    language = _ALIASES.get(language, language)
    try:
        get_lang_class(language)
    except ImportError:
        language = "xx"
    plain = {"nlp": {"tokenizer": {"@tokenizers": "spacy.Tokenizer.v1"}}} if language in _BY_OTHERS else {}
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
    """Words by the tokenization rules of spaCy, which know contractions, units and emoticons.

    Parameters
    ----------
    language : str, default="xx"
        ISO 639 code; one that spaCy does not know is treated as any language, "xx", which the Report says.
    lemma : bool, default=False
        Words by their dictionary form, from spaCy's lookup tables or the trained pipeline.
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
        """Whether spaCy has no rules for a language; see `Component.unsupported_reason`."""
        if language in _BY_OTHERS:
            return f"spaCy leaves {language!r} to other packages; words are parted at white space"
        # Looked up without importing spaCy, which takes a second.
        found = find_spec("spacy")
        folder = Path((found and found.origin) or "").parent / "lang" / _ALIASES.get(language, language)
        known = language == "xx" or folder.is_dir()
        return "" if known else f"spaCy has no rules for {language!r}; those of any language serve"

    def transform(self, texts: Sequence[str]) -> list[list[str]]:
        """Words of each text, without white space."""
        # Lone surrogates have no UTF-8 form, in which spaCy keeps its strings.
        valid = [text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        documents = _pipeline(self.language, self.lemma, self.trained).pipe(valid)
        if self.lemma:
            return [[token.lemma_ or token.text for token in document if not token.is_space] for document in documents]
        return [[token.text for token in document if not token.is_space] for document in documents]
