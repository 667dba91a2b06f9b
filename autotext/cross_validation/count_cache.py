"""Cache of the work that depends on no labels, which folds and configurations share."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components import Component, Counts, Feature, Tokenizer, TokenLists
from autotext.cross_validation.shared_cache import SharedCache
from autotext.cross_validation.text_cache import TextCache
from autotext.fingerprint import fingerprint, fingerprint_strings
from autotext.pipeline import Chain
from autotext.space import Choice

T = TypeVar("T")


@dataclass
class _CacheEntry:
    """A cached value, its size in bytes, the seconds that it took, and its claim to stay in the cache."""

    value: Any
    size: float
    seconds: float
    claim: float = 0.0


class CountCache:
    """Cache of normalized texts, tokens and counts of a fixed list of texts, with a bounded size.

    Normalizers that leave the texts the same share an entry, and counts of a range of n-grams serve narrower ranges.

    Parameters
    ----------
    texts : sequence of str
    limit_mib : float, default=256.0
        Limit on the estimated size. Entries that took little time for their size, and are not used any more, are removed first.
    shared_cache : SharedCache, optional
        Cache through which processes share values.
    per_text : TextCache, optional
        Cache for features that count each text for itself.

    Notes
    -----
    Cao & Irani (1997), "Cost-aware WWW proxy caching algorithms", USITS.

    Examples
    --------
    >>> from autotext.pipeline.chain import Chain
    >>> from autotext.space import Configuration
    >>> cache = CountCache(["so good", "so bad"])
    >>> chain = Chain(Configuration({"features": "char_tfidf", "model": "ridge"}))
    >>> (counts,), seconds, _ = cache.counts(chain)
    >>> cache.counts(chain)[0][0] is counts
    True
    """

    def __init__(self, texts: Sequence[str], limit_mib: float = 256.0, shared_cache: SharedCache | None = None,
                 per_text: TextCache | None = None) -> None:
        self.texts = texts
        self._limit = limit_mib * 2**20
        self._shared_cache = shared_cache or SharedCache(None)
        self._entries: dict[str, _CacheEntry] = {}
        self._least_claim = 0.0
        self._contents: dict[str, str] = {}
        self._per_text = per_text or TextCache(texts, self._shared_cache)

    def counts(self, chain: Chain, train: NDArray[np.intp] | None = None,
               until: float | None = None) -> tuple[list[Counts], float, float]:
        """Count what each feature of a chain needs; also gives the seconds that this took, and those of single texts.

        Parameters
        ----------
        chain : Chain
            A chain whose tokenizer is fitted here if it learns.
        train : int array, optional
            Rows on which a tokenizer that learns is fitted; None: all.
        until : float, optional
            Time on the monotonic clock by which features that count each text for itself must be done.

        Raises
        ------
        TooSlowError
            They would take longer.
        """
        content, normalized, spent = self._normalized(chain)
        token_key, token_seconds = content, 0.0
        tokenizer = chain.tokenizer
        if tokenizer is not None:
            seen_rows = None
            if tokenizer.learns:
                rows = np.arange(len(normalized)) if train is None else train
                tokenizer.fit([normalized[row] for row in rows])
                seen_rows = fingerprint(rows.tolist())
            token_key = fingerprint([content, _identity(tokenizer), seen_rows])
        blocks, seconds_of_texts = [], 0.0
        documents: Sequence[Any]
        for feature in chain.features:
            if feature.per_text:
                counted, seconds = self._per_text.counts(fingerprint(_identity(feature)), feature, self.texts, until)
                blocks.append(counted)
                seconds_of_texts += seconds
                continue
            needs_tokens = feature.consumes == "tokens" and tokenizer is not None
            source, documents = token_key if needs_tokens else content, normalized
            if feature.consumes == "raw":
                source, documents = self._written, self.texts
            key = self._key_of_counts(source, feature)
            if needs_tokens and not self._find(key, _size_of_counts):
                assert tokenizer is not None
                tokens, token_seconds = self._once(token_key, partial(_tokenized, tokenizer, normalized), _size_of_tokens)
                documents = tokens
            counted, seconds = self._once(key, partial(feature.count, documents), _size_of_counts)
            blocks.append(counted)
            spent += seconds
        return blocks, spent + token_seconds, seconds_of_texts

    @cached_property
    def _written(self) -> str:
        """Fingerprint of the texts before normalization."""
        return fingerprint_strings(self.texts)

    def _normalized(self, chain: Chain) -> tuple[str, list[str], float]:
        """Fingerprint of the normalized texts, the texts, and the seconds that normalizing took."""
        key = fingerprint([_identity(part) for part in chain.normalizers])
        content = self._contents.get(key)
        if content is None or content not in self._entries:
            started = time.perf_counter()
            texts = chain.normalize(self.texts)
            content = self._contents[key] = fingerprint_strings(texts)
            if content not in self._entries:
                self._keep(content, _CacheEntry(texts, _size_of_texts(texts), time.perf_counter() - started))
        return content, *self._used(content)

    def _key_of_counts(self, source: str, feature: Feature) -> str:
        """Key of the counts that a feature needs, of its range or of a wider one that is in the cache."""
        identity = _identity(feature, feature.count_parameters, feature.counted_as)
        key = fingerprint([source, identity])
        if not feature.range_parameter or self._has(key):
            return key
        domain, parameters = feature.parameters[feature.range_parameter], identity[-1]
        span_needed = str(parameters[feature.range_parameter])
        spans = [str(span) for span in domain.values if _within(span_needed, str(span))] if isinstance(domain, Choice) else []
        for span in sorted(spans, key=_width):
            wider = fingerprint([source, [*identity[:-1], {**parameters, feature.range_parameter: span}]])
            if self._has(wider):
                return wider
        return key

    def _has(self, key: str) -> bool:
        return key in self._entries or key in self._shared_cache

    def _find(self, key: str, size: Callable[[Any], float]) -> bool:
        """Whether a value is in the cache, after taking it from the shared cache if necessary."""
        if key not in self._entries and (pair := self._shared_cache.get(key)) is not None:
            self._keep(key, _CacheEntry(pair[0], size(pair[0]), pair[1]))
        return key in self._entries

    def _once(self, key: str, make: Callable[[], T], size: Callable[[T], float]) -> tuple[T, float]:
        if not self._find(key, size):
            started = time.perf_counter()
            value = make()
            seconds = time.perf_counter() - started
            value = self._shared_cache.put(key, value, seconds)
            self._keep(key, _CacheEntry(value, size(value), seconds))
        return self._used(key)

    def _used(self, key: str) -> tuple[Any, float]:
        """Get a value and its seconds, and renew its claim to stay."""
        entry = self._entries[key]
        entry.claim = self._least_claim + entry.seconds / max(entry.size, 1.0)
        return entry.value, entry.seconds

    def _keep(self, key: str, new: _CacheEntry) -> None:
        while self._entries and sum(entry.size for entry in self._entries.values()) + new.size > self._limit:
            weakest = min(self._entries, key=lambda other: self._entries[other].claim)
            # Claims are counted from that of the last removed entry, so that unused entries are removed in the end.
            self._least_claim = self._entries.pop(weakest).claim
        self._entries[key] = new


def _identity(component: Component, only: Sequence[str] | None = None, name: str = "") -> list[Any]:
    parameters = component.get_params()
    return [component.stage, name or component.name, component.version,
            {key: parameters[key] for key in (parameters if only is None else only)}]


def _within(narrow: str, wide: str) -> bool:
    """Whether a range such as ``"1-2"`` lies in another."""
    (low, high), (lowest, highest) = (map(int, text.split("-")) for text in (narrow, wide))
    return lowest <= low and high <= highest


def _width(span: str) -> int:
    low, high = map(int, span.split("-"))
    return high - low


def _size_of_texts(texts: list[str]) -> float:
    return sum(map(len, texts)) * 2.0 + 60.0 * len(texts)


def _tokenized(tokenizer: Tokenizer, normalized: list[str]) -> TokenLists:
    return TokenLists(tokenizer.transform(normalized))


def _size_of_tokens(tokens: TokenLists) -> float:
    return float(tokens.nbytes)


def _size_of_counts(counts: Counts) -> float:
    matrix: sp.csr_matrix = counts.matrix
    # Symbols and n-gram tables take about 40 bytes per column.
    return float(matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes + 40 * matrix.shape[1])
