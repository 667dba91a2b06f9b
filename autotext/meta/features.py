"""Meta-features: numbers that describe a task, the same for any order of its rows."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from autotext.task import UNSPACED, Task, count_characters, script_shares

VERSION = 1
_TEXTS = 2000
_CHARACTERS = 2000
_URL = re.compile(r"https?://|www\.")

MetaFeatures = dict[str, float]


def describe(task: Task) -> MetaFeatures:
    """Compute the meta-features of a task from its training rows.

    Parameters
    ----------
    task : Task
        Only the 2,000 texts with the smallest content hash are read, and 2,000 characters of each, so that the order of the
        rows does not matter, and large tasks take no longer.

    Returns
    -------
    dict of str to float
        Finite numbers by name; ``version`` is that of their definition.

    Examples
    --------
    >>> meta_features = describe(Task.read((["one two", "three"], ["a", "b"])))
    >>> meta_features["n_classes"], meta_features["share_latin"]
    (2.0, 1.0)
    """
    sample = [text[:_CHARACTERS] for text in sorted(set(task.texts), key=_content_hash)[:_TEXTS]]
    values = {"version": float(VERSION), **_describe_labels(task), **_describe_scripts(sample)}
    values.update({name: float(function(sample)) for name, function in _OF_TEXTS.items()})
    values.update(_describe_characters(sample))
    return {name: round(value, 6) for name, value in values.items()}


def _content_hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _describe_labels(task: Task) -> MetaFeatures:
    labels: Sequence[Any] = task.labels
    is_multilabel = task.kind == "multilabel"
    counts = Counter(label for row in labels for label in (row if is_multilabel else (row,)))
    shares = np.array(sorted(counts.values()), dtype=float) / max(sum(counts.values()), 1)
    return {"log_rows": math.log(len(task)), "n_classes": float(len(task.classes)), "multilabel": float(is_multilabel),
            "log_rows_per_class": math.log(len(task) / len(task.classes)),
            "class_entropy": float(-(shares * np.log(shares)).sum() / math.log(max(len(shares), 2))),
            "smallest_class": float(shares[0]), "largest_class": float(shares[-1]),
            "labels_per_row": sum(counts.values()) / len(task),
            "duplicate_share": 1.0 - len(set(task.texts)) / len(task)}


def _describe_scripts(sample: list[str]) -> MetaFeatures:
    shares = script_shares(sample)
    named = {f"share_{name.lower()}": shares.get(name, 0.0)
             for name in ("LATIN", "CYRILLIC", "ARABIC", "DEVANAGARI", "BENGALI", "HANGUL", "HAN", "THAI", "ETHIOPIC")}
    return {**named, "share_unspaced": float(sum(share for name, share in shares.items() if name in UNSPACED))}


def _share_of_texts(pattern: Callable[[str], object]) -> Callable[[list[str]], float]:
    return lambda sample: sum(1 for text in sample if pattern(text)) / len(sample)


def _describe_characters(sample: list[str]) -> MetaFeatures:
    counts = count_characters(sample)
    total = max(sum(counts.values()), 1)
    return {name: sum(count for character, count in counts.items() if belongs(character)) / total
            for name, belongs in _OF_CHARACTERS.items()}


def _quantile(level: float) -> Callable[[list[str]], float]:
    return lambda sample: math.log1p(float(np.quantile([len(text) for text in sample], level)))


def _type_token_ratio(sample: list[str]) -> float:
    tokens = [token for text in sample for token in text.lower().split()][:20_000]
    return len(set(tokens)) / max(len(tokens), 1)


_OF_TEXTS: dict[str, Callable[[list[str]], float]] = {
    "log_length_median": _quantile(0.5),
    "log_length_high": _quantile(0.95),
    "log_length_low": _quantile(0.05),
    "log_words_mean": lambda sample: math.log1p(sum(len(text.split()) for text in sample) / len(sample)),
    "type_token_ratio": _type_token_ratio,
    "texts_with_url": _share_of_texts(_URL.search),
    "texts_with_mention": _share_of_texts(lambda text: "@" in text),
    "texts_with_hashtag": _share_of_texts(lambda text: "#" in text),
    "texts_with_markup": _share_of_texts(lambda text: "</" in text or "&amp;" in text),
}
_OF_CHARACTERS: dict[str, Callable[[str], bool]] = {
    "share_upper": str.isupper,
    "share_digit": str.isdigit,
    "share_space": str.isspace,
    "share_symbol": lambda character: not (character.isalnum() or character.isspace()),
}
