"""Vectors of a transformer that the user gives."""

from __future__ import annotations

import scipy.sparse as sp

from autotext.components.component import register
from autotext.components.feature import Documents
from autotext.components.transformer_feature import TransformerFeature


@register
class Encoder(TransformerFeature):
    """Vector that a pretrained transformer gives a text as it was written, rows of length 1; it is not trained further.

    Half precision is used where the processor is made for it (AMX, AVX512-BF16, a GPU) and vectors of some of the texts stay
    the same.

    Parameters
    ----------
    model : str
        Folder as transformers or sentence-transformers write it, with safetensors.

    Notes
    -----
    Reimers & Gurevych (2019), "Sentence-BERT: sentence embeddings using Siamese BERT-networks", EMNLP.
    """

    name = "encoder"
    per_text = True

    def _vectors(self, documents: Documents) -> sp.csr_matrix:
        return sp.csr_matrix(self.network.encode(documents))
