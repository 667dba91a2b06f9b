"""Vectors of a transformer that the user gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.features._base import Documents
from autotext.components.features._given import GivenModel
from autotext.components.features._transformer import Transformer
from autotext.components.registry import register


@register
class Encoder(GivenModel):
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
    consumes = "raw"
    requires = "torch"
    extra = "encoders"
    by_text = True
    precision = 0.02

    @classmethod
    def _read(cls, folder: str) -> Transformer:
        return Transformer.read(folder)

    @classmethod
    def _rebuilt(cls, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Transformer:
        return Transformer.restored(learned, arrays)

    def _vectors(self, documents: Documents) -> sp.csr_matrix:
        return sp.csr_matrix(self._given.encode(documents))

    @property
    def size(self) -> int:
        """Numbers of the model."""
        return int(self._given.size)
