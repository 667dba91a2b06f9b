"""The pipeline that people write first, which every search is compared with."""

from __future__ import annotations

from collections.abc import Mapping

from autotext.space import Scalar

BASELINE: Mapping[str, Scalar] = {"features": "word_tfidf", "features.word_tfidf.ngrams": "1-2", "model": "logistic",
                                  "model.logistic.C": 10.0}
"""TF-IDF of words and pairs of words with logistic regression, as far as it is not the default of a space."""
