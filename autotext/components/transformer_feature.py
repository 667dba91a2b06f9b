"""The base class of features whose pretrained model is a transformer."""

from __future__ import annotations

from pathlib import Path

from autotext.components.architectures import check_folder
from autotext.components.pretrained_feature import PretrainedFeature
from autotext.components.static_table import static_files
from autotext.components.tiny_models import write_tiny_transformer
from autotext.components.transformer import Transformer
from autotext.components.transformer_folder import read_transformer, write_transformer
from autotext.space import Scalar


class TransformerFeature(PretrainedFeature):
    """Base class of features that read a transformer from a folder in the format of transformers or sentence-transformers."""

    consumes = "raw"
    requires = "torch"
    extra = "encoders"
    precision = 0.02
    folder_format = "config.json and model.safetensors, as transformers writes them"
    writes_models = True

    _read = staticmethod(read_transformer)
    _from_state = staticmethod(Transformer.from_state)

    @classmethod
    def reads(cls, folder: str) -> bool:
        """Whether a folder holds a transformer; see `PretrainedFeature.reads`."""
        if not (Path(folder) / "config.json").is_file() or not any(Path(folder).glob("*.safetensors")) or static_files(folder):
            return False
        check_folder(folder)
        return True

    @classmethod
    def test_params(cls, folder: Path) -> dict[str, Scalar]:
        """A tiny transformer; see `Component.test_params`."""
        return {"model": write_tiny_transformer(folder)}

    def write_model(self, folder: Path) -> None:
        """Write the transformer to a folder, which transformers can read too."""
        write_transformer(self.network, folder)

    @property
    def size(self) -> int:
        """Number of weights, where those of a layer that is repeated count each time."""
        return int(self.network.size)
