"""Surface statistics of a text: its length, its kinds of characters, how it begins and ends."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import State, register
from autotext.components.feature import Counts, Documents, Feature
from autotext.components.features._sparse import unit_rows
from autotext.components.state_checks import numbers, within
from autotext.errors import ComponentError
from autotext.space import Int

_KINDS = ("other", "letter", "capital", "digit", "sign", "space", "line", "question", "exclamation", "stop", "comma")
_OTHER, _LETTER, _CAPITAL, _DIGIT, _SIGN, _SPACE, _LINE, _QUESTION, _EXCLAMATION, _STOP, _COMMA = range(len(_KINDS))
_SINGLE = {**dict.fromkeys("\n\r\u2028\u2029", _LINE), **dict.fromkeys("?？؟՞፧", _QUESTION),
           **dict.fromkeys("!！", _EXCLAMATION), **dict.fromkeys(".。．।۔።", _STOP), **dict.fromkeys(",，、،፣", _COMMA)}
_BY_CATEGORY = {"Lu": _CAPITAL, "Lt": _CAPITAL, "Nd": _DIGIT, "Zs": _SPACE, "Cc": _SPACE}
_BY_GROUP = {"L": _LETTER, "M": _LETTER, "N": _DIGIT, "P": _SIGN, "S": _SIGN, "Z": _SPACE}
# Characters of the planes beyond the first, most of which are emoji, count as signs.
_PLANE = 0x10000
_ENDS = (_QUESTION, _EXCLAMATION, _STOP)
STATISTICS = ("log_length", "log_words", "word_length", *(f"{kind}_share" for kind in ("capital", "digit", "sign")),
              *(f"log_{kind}s" for kind in ("line", "question", "exclamation", "stop", "comma")),
              *(f"ends_with_{_KINDS[kind]}" for kind in _ENDS), "begins_with_capital", "begins_with_digit")
_CHARACTERS_AT_ONCE = 2_000_000
_MOST_BINS = 64


@register
class Surface(Feature):
    """Statistics of a text's characters, each as 0/1 steps between quantiles of the training rows; rows have length 1.

    N-grams whose rows have length 1 do not show how long a text is, and how much of it is digits or signs, which tells
    questions from commands, and headlines of one section from those of another.

    Parameters
    ----------
    bins : int, default=8
        Number of quantile bins into which the training rows are divided.

    Examples
    --------
    >>> import numpy as np
    >>> feature = Surface(bins=2)
    >>> counts = feature.count(["so?", "so it is.", "so it was, once upon a time."])
    >>> feature.fit(counts, np.array([0, 1, 1])).names()[0]
    'log_length > 2.3'
    """

    name = "surface"
    consumes = "text"
    count_parameters = ()
    parameters = {"bins": Int(2, _MOST_BINS)}

    def __init__(self, bins: int = 8) -> None:
        self.bins = bins

    def count(self, documents: Documents) -> Counts:
        """Compute the statistics of documents, which are the same before and after `fit`."""
        rows = [_statistics(part) for part in _batches(documents)]
        return Counts(sp.csr_matrix(np.concatenate(rows) if rows else np.zeros((0, len(STATISTICS)))))

    def fit(self, counts: Counts, y: NDArray[Any]) -> Surface:
        """Learn the quantiles of the training rows."""
        inner = np.linspace(0.0, 1.0, self.bins + 1)[1:-1]
        steps = [np.unique(np.quantile(column, inner)) for column in counts.matrix.toarray().T]
        self.steps_ = np.concatenate(steps)
        self.statistic_ = np.repeat(np.arange(len(steps)), [len(values) for values in steps])
        return self

    def transform(self, counts: Counts) -> sp.csr_matrix:
        """Make one column for each step, which is positive where the statistic is above it."""
        above = counts.matrix.toarray()[:, self.statistic_] > self.steps_
        return unit_rows(sp.csr_matrix(above.astype(np.float64)))

    def names(self) -> list[str]:
        """Statistic and step of each column."""
        return [f"{STATISTICS[number]} > {step:.2g}" for number, step in zip(self.statistic_, self.steps_, strict=True)]

    def state(self) -> State:
        """Statistic and value of each step."""
        return {}, {"statistic": self.statistic_.astype(np.int32), "steps": self.steps_}

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore what `state` gave."""
        self.steps_ = numbers(arrays, "steps", "f", None)
        if len(self.steps_) > len(STATISTICS) * _MOST_BINS:
            raise ComponentError(f"it has {len(self.steps_):,} steps")
        self.statistic_ = within(numbers(arrays, "statistic", "i", len(self.steps_)), "statistic", 0, len(STATISTICS))


@cache
def _kinds() -> NDArray[np.uint8]:
    """Kind of each character of the first plane, and of all others."""
    kinds = np.full(_PLANE + 1, _OTHER, dtype=np.uint8)
    for code in range(_PLANE):
        category = unicodedata.category(chr(code))
        kinds[code] = _BY_CATEGORY.get(category, _BY_GROUP.get(category[0], _OTHER))
    for character, kind in _SINGLE.items():
        kinds[ord(character)] = kind
    kinds[_PLANE] = _SIGN
    return kinds


def _batches(documents: Sequence[str]) -> list[list[str]]:
    """Divide documents into batches with a bounded number of characters."""
    parts: list[list[str]] = []
    size = _CHARACTERS_AT_ONCE
    for text in documents:
        if size >= _CHARACTERS_AT_ONCE:
            parts.append([])
            size = 0
        parts[-1].append(text)
        size += len(text) + 1
    return parts


def _statistics(texts: Sequence[str]) -> NDArray[np.float64]:
    """Statistics of texts without surrounding white space; shape (n_texts, len(STATISTICS))."""
    # A line break goes before each text, so that every text has a first character, and every word begins after white space.
    stripped = [text.strip() for text in texts]
    codes = np.frombuffer(("\n" + "\n".join(stripped)).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    kinds = _kinds()[np.minimum(codes, _PLANE)]
    lengths = np.array([len(text) for text in stripped])
    starts = np.cumsum(lengths + 1) - lengths
    rows = np.repeat(np.arange(len(texts)), lengths + 1)
    counts = np.bincount(rows * len(_KINDS) + kinds, minlength=len(texts) * len(_KINDS)).reshape(len(texts), -1).astype(float)
    counts[:, _LINE] -= 1.0
    blank = (kinds == _SPACE) | (kinds == _LINE)
    words = np.bincount(rows[1:][blank[:-1] & ~blank[1:]], minlength=len(texts))
    visible = np.bincount(rows[~blank], minlength=len(texts))
    share = counts / np.maximum(lengths, 1)[:, None]
    full = lengths > 0
    first, last = (np.where(full, kinds[np.minimum(place, len(kinds) - 1)], _OTHER) for place in (starts, starts + lengths - 1))
    signs = share[:, [_SIGN, _QUESTION, _EXCLAMATION, _STOP, _COMMA]].sum(axis=1)
    return np.column_stack([
        np.log1p(lengths), np.log1p(words), visible / np.maximum(words, 1), share[:, _CAPITAL], share[:, _DIGIT], signs,
        np.log1p(counts[:, [_LINE, _QUESTION, _EXCLAMATION, _STOP, _COMMA]]),
        *(last == kind for kind in _ENDS), first == _CAPITAL, first == _DIGIT])
