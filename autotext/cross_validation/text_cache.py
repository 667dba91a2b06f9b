"""Cache of expensive counts of single texts, each of which is computed once in a search by one of the processes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from autotext.components import Counts, Feature
from autotext.cross_validation.shared_cache import SharedCache
from autotext.fingerprint import fingerprint, fingerprint_strings

_PIECE = 128
_FIRST = 16
# Number of pieces after which the pace shows whether other processes work on the same counts.
_PIECES = 3
# Fraction of the remaining time that the counts may take, so that there is time for learning from them.
_SHARE = 0.7
# Factors by which the pace of a few texts, and that of the first pieces, may be too slow, as a model computes the first texts
# of each length more slowly.
_ROUGH, _EARLY = 6.0, 1.5


class TooSlowError(Exception):
    """Raised where a computation would take longer than there is time.

    Parameters
    ----------
    seconds : float
        Time that it would have taken in all.

    Examples
    --------
    >>> raise TooSlowError(1234.5)
    Traceback (most recent call last):
    autotext.cross_validation.text_cache.TooSlowError: it would have taken about 1,234 s
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it would have taken about {seconds:,.0f} s")
        self.seconds = seconds


@dataclass
class _CachedCounts:
    """Counts of texts, the row of each text in them, and the seconds that counting all of them took."""

    places: dict[str, int]
    matrix: sp.csr_matrix
    seconds: float


class TextCache:
    """Cache of the counts of the distinct texts of a list, which several processes compute piece by piece.

    Parameters
    ----------
    texts : sequence of str
    shared_cache : SharedCache
        Cache through which the processes share pieces.
    processes : int, default=1
        Number of processes that may compute pieces of the same counts.

    Examples
    --------
    >>> from autotext.components import component
    >>> cache = TextCache(["so good", "so bad"], SharedCache(None))
    >>> counts, seconds = cache.counts("surface", component("features", "surface")(), ["so bad", "so bad"])
    >>> counts.matrix.shape
    (2, 16)
    """

    def __init__(self, texts: Sequence[str], shared_cache: SharedCache, processes: int = 1) -> None:
        self._texts, self._shared_cache, self._processes = texts, shared_cache, processes
        self._cached: dict[str, _CachedCounts] = {}
        self._paces: dict[str, float] = {}

    @cached_property
    def _pieces(self) -> list[list[str]]:
        """Distinct texts in pieces of similar length, which are computed together."""
        distinct = sorted(dict.fromkeys(self._texts), key=lambda text: (len(text), text))
        return [distinct[start : start + _PIECE] for start in range(0, len(distinct), _PIECE)]

    @cached_property
    def _names(self) -> list[str]:
        return [fingerprint_strings(piece) for piece in self._pieces]

    def counts(self, key: str, feature: Feature, texts: Sequence[str], until: float | None = None) -> tuple[Counts, float]:
        """Count texts, after counting all texts of the list; also gives the seconds that the latter took.

        Parameters
        ----------
        key : str
            Fingerprint of the feature.
        feature : Feature
            A feature whose counts of a text depend only on that text.
        texts : sequence of str
        until : float, optional
            Time on the monotonic clock by which the counts must be done.

        Raises
        ------
        TooSlowError
            The missing pieces would take too large a part of the time until then.
        """
        if key not in self._cached:
            self._cached[key] = self._count_all(key, feature, until)
        cached = self._cached[key]
        new = [text for text in dict.fromkeys(texts) if text not in cached.places]
        if new:
            cached.places.update({text: cached.matrix.shape[0] + place for place, text in enumerate(new)})
            cached.matrix = sp.vstack([cached.matrix, feature.count(new).matrix], format="csr")
        return Counts(cached.matrix[[cached.places[text] for text in texts]]), cached.seconds

    def _count_all(self, key: str, feature: Feature, until: float | None) -> _CachedCounts:
        counted: dict[int, tuple[sp.csr_matrix, float]] = {}
        # Each process has a different order, so that two seldom compute the same piece at the same time.
        order = np.random.default_rng(os.getpid()).permutation(len(self._pieces)).tolist()
        started_at, to_count = time.monotonic(), self._characters_left(key, order)
        if key in self._paces:
            self._give_up(key, to_count, counted, until)
        unshared_seconds, own_characters, own_pieces = 0.0, 0, 0
        for number in order:
            name = fingerprint([key, self._names[number]])
            counts_and_seconds = self._shared_cache.get(name)
            if counts_and_seconds is None:
                if not own_pieces and until is not None:
                    self._paces[key] = _pace(feature, self._pieces[number]) / self._processes
                    self._give_up(key, to_count, counted, until, _ROUGH)
                started = time.perf_counter()
                matrix = feature.count(self._pieces[number]).matrix
                seconds = time.perf_counter() - started
                counts_and_seconds = self._shared_cache.put(name, matrix, seconds), seconds
                unshared_seconds, own_pieces = unshared_seconds + seconds, own_pieces + 1
                own_characters += _characters(self._pieces[number])
                counted[number] = counts_and_seconds
                still_to_count = self._characters_left(key, [other for other in order if other not in counted])
                self._paces[key] = unshared_seconds / max(own_characters, 1)
                if own_pieces < _PIECES:
                    self._paces[key] /= self._processes
                else:
                    # By now, the pace shows whether other processes work on these counts.
                    together = (time.monotonic() - started_at) / max(to_count - still_to_count, 1)
                    self._paces[key] = min(self._paces[key], together)
                self._give_up(key, still_to_count, counted, until, _EARLY if own_pieces < _PIECES else 1.0)
            counted[number] = counts_and_seconds
        texts = [text for number in range(len(self._pieces)) for text in self._pieces[number]]
        pieces = [counted[number][0] for number in range(len(counted))] or [feature.count([]).matrix]
        matrix = sp.vstack(pieces, format="csr")
        places = {text: place for place, text in enumerate(texts)}
        return _CachedCounts(places, matrix, sum(seconds for _, seconds in counted.values()))

    def _characters_left(self, key: str, numbers: Sequence[int]) -> int:
        """Number of characters of the pieces that no process has counted yet."""
        return sum(_characters(self._pieces[number]) for number in numbers
                   if fingerprint([key, self._names[number]]) not in self._shared_cache)

    def _give_up(self, key: str, characters: int, pieces: dict[int, tuple[sp.csr_matrix, float]], until: float | None,
                 slack: float = 1.0) -> None:
        if until is not None and (seconds := self._paces[key] * characters) > slack * _SHARE * (until - time.monotonic()):
            raise TooSlowError(seconds + sum(spent for _, spent in pieces.values()))


def _characters(texts: Sequence[str]) -> int:
    return sum(map(len, texts))


def _pace(feature: Feature, texts: Sequence[str]) -> float:
    """Seconds per character of some texts, without the time for loading the model."""
    feature.count(texts[:_FIRST])
    started = time.perf_counter()
    feature.count(texts[-_FIRST:])
    return (time.perf_counter() - started) / max(_characters(texts[-_FIRST:]), 1)
