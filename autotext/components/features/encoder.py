"""Vectors of a pretrained transformer."""

from __future__ import annotations

import scipy.sparse as sp

from autotext.components.component import register
from autotext.components.feature import Documents
from autotext.components.transformer_feature import TransformerFeature


@register
class Encoder(TransformerFeature):
    """Vector that a pretrained transformer gives a text, of length 1; the transformer is not trained further.

    Half precision is used where the processor supports it (AMX, AVX512-BF16, a GPU) and the vectors of some of the texts hardly
    change.

    Parameters
    ----------
    model : str
        Folder in the format of transformers or sentence-transformers, with safetensors.

    Notes
    -----
    Reimers & Gurevych (2019), "Sentence-BERT: sentence embeddings using Siamese BERT-networks", EMNLP.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from autotext.components.tiny_models import write_tiny_transformer
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     feature = Encoder(model=write_tiny_transformer(Path(folder)))
    ...     feature.count(["a good film", "좋은 영화"]).matrix.shape
    (2, 16)
    """

    name = "encoder"
    per_text = True

    def _vectors(self, documents: Documents) -> sp.csr_matrix:
        return sp.csr_matrix(self.network.encode(documents))
