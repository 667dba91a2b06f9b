"""Unicode normalization forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from autotext.components.component import register
from autotext.components.normalizer import Normalizer
from autotext.space import Choice

# Single Hangul letters, and the half-width ones that NFKC maps to the same letters.
_LETTERS = re.compile("[\u3131-\u318e\uffa0-\uffdc]")
_OTHERS = re.compile("[^\u3131-\u318e]+")
_HALFWIDTH = {code: int(unicodedata.decomposition(chr(code)).split()[1], 16)
              for code in range(0xFFA0, 0xFFDD) if unicodedata.decomposition(chr(code))}


@register
class UnicodeForm(Normalizer):
    """Unicode normalization, which gives characters a single spelling.

    Parameters
    ----------
    form : {"NFC", "NFKC"}, default="NFC"
        NFKC also replaces compatibility characters, such as full-width letters and ligatures. Single Hangul letters are left
        out of it, as it would join ㅋㅋㅠㅠ into a syllable.

    Notes
    -----
    Unicode Standard Annex 15.

    Examples
    --------
    >>> UnicodeForm(form="NFKC").transform(["ＡＢＣ ﬁn ㅋㅋㅠㅠ"])
    ['ABC fin ㅋㅋㅠㅠ']
    """

    name = "unicode"
    version = 2
    order = 20
    parameters = {"form": Choice(("NFC", "NFKC"))}

    def __init__(self, form: str = "NFC") -> None:
        self.form = form

    def transform(self, texts: Sequence[str]) -> list[str]:
        """Texts in the chosen form."""
        if self.form == "NFKC":
            return [_folded(text) for text in texts]
        return [unicodedata.normalize("NFC", text) for text in texts]


def _folded(text: str) -> str:
    if unicodedata.is_normalized("NFKC", text):
        return text
    if _LETTERS.search(text):
        return _OTHERS.sub(lambda others: unicodedata.normalize("NFKC", others[0]), text.translate(_HALFWIDTH))
    return unicodedata.normalize("NFKC", text)
