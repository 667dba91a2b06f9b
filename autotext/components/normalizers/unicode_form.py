"""Unicode normalization forms."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Literal, cast

from autotext.components.normalizers._base import Normalizer
from autotext.components.registry import register
from autotext.space import Choice


@register
class UnicodeForm(Normalizer):
    """One spelling for characters that can be written in several ways.

    Parameters
    ----------
    form : {"NFC", "NFKC"}, default="NFC"
        NFKC also folds compatibility characters, such as full-width letters and ligatures.

    Notes
    -----
    Unicode Standard Annex 15.

    Examples
    --------
    >>> UnicodeForm(form="NFKC").transform(["ＡＢＣ ﬁn"])
    ['ABC fin']
    """

    name = "unicode"
    order = 20
    parameters = {"form": Choice(("NFC", "NFKC"))}

    def __init__(self, form: str = "NFC") -> None:
        self.form = form

    def transform(self, texts: Sequence[str]) -> list[str]:
        """Texts in the chosen form."""
        form = cast(Literal["NFC", "NFKC"], self.form)
        return [unicodedata.normalize(form, text) for text in texts]
