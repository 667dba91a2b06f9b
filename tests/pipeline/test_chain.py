"""A chain decides alike by whichever way its numbers travel."""

import numpy as np
import pytest

from autotext.pipeline import Chain
from autotext.space import Configuration

TEXTS = ["so good a film", "very good", "so bad, so bad", "a very bad evening", "정말 좋은 영화", "별로"] * 3
UNION = {"tokenizer": "words", "features": "word_tfidf+char_tfidf", "features.char_tfidf.weight": 2.5}


@pytest.mark.parametrize("model", ["linear_svm", "complement_nb", "neighbours"])
@pytest.mark.parametrize("features", [UNION, {"features": "char_tfidf"}])
def test_blocks_side_by_side_give_the_margins_of_one_matrix(model, features):
    chain = Chain(Configuration({**features, "model": model})).fit(TEXTS, np.arange(18) % 3, 3)
    counts = chain.counts(TEXTS, TEXTS)
    expected = chain.model.decision_function(chain.matrix(counts))
    np.testing.assert_allclose(chain.margins(TEXTS), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(np.vstack([chain.margins([text]) for text in TEXTS]), expected, rtol=1e-9, atol=1e-12)
