"""Models that the user gives, as folders or hub ids: which component reads them."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from autotext.components.architectures import check_folder
from autotext.components.registry import registry
from autotext.errors import ComponentError, describe_error, suggestion

_HUB_ID = re.compile(r"([\w.-]{1,96}/[\w.-]{1,96})(?:@([\w.-]{1,96}))?", re.ASCII)
_WANTED = ["*.json", "*.safetensors", "vocab.txt", "*.model", "merges.txt"]
_NAMES = {"embeddings", "embedding.weight"}
READERS = {"encoder": ("encoder", "fine_tuned")}
"""Components that read the same kind of model as one does."""
_HEADER_BYTES = 100 * 2**20


def find_pretrained(models: str | Path | Sequence[str | Path]) -> dict[str, tuple[str, ...]]:
    """Folders of models, by the name of the feature component that reads them.

    Parameters
    ----------
    models : str, Path, or sequence of them
        Folders, or ids of models on the Hugging Face hub, also with a revision behind @, which are downloaded if they are not
        on this machine yet.

    Raises
    ------
    ComponentError
        One is neither, cannot be fetched, or is of a kind that nothing here reads.
    """
    if isinstance(models, str | Path):
        models = [models]
    found: dict[str, tuple[str, ...]] = {}
    for model in dict.fromkeys(map(str, models)):
        folder = _local(model)
        name = "static_embedding" if static_files(folder) else "encoder"
        if name == "encoder" and not ((Path(folder) / "config.json").is_file() and any(Path(folder).glob("*.safetensors"))):
            raise ComponentError(f"encoders: {model!r} holds no model that can be read: there must be config.json and "
                                 "model.safetensors, as transformers writes them, or tokenizer.json and a model.safetensors of "
                                 "word vectors, as model2vec writes them.")
        if name == "encoder":
            try:
                check_folder(folder)
            except ComponentError as error:
                raise ComponentError(f"encoders: {model!r} cannot be used: {error}.") from None
        if lacking := registry()["features"][name].missing_dependency():
            raise ComponentError(f"encoders: {model!r} is a transformer, but {lacking}")
        for reader in READERS.get(name, (name,)):
            found[reader] = (*found.get(reader, ()), folder)
    return found


def _local(model: str) -> str:
    """Folder of a model."""
    path = Path(model).expanduser()
    if path.is_dir():
        return str(path)
    if path.exists():
        raise ComponentError(f"encoders: {model!r} is a file; give the folder that holds the model.")
    if not (named := _HUB_ID.fullmatch(model)):
        beside = [entry.name for entry in path.parent.iterdir() if entry.is_dir()] if path.parent.is_dir() else []
        raise ComponentError(f"encoders: there is no folder {model!r}.{suggestion(path.name, beside)}")
    from huggingface_hub import snapshot_download

    with suppress(Exception):
        if named[2]:
            # What is fixed need not be asked for again.
            return snapshot_download(named[1], revision=named[2], allow_patterns=_WANTED, local_files_only=True)
    try:
        return snapshot_download(named[1], revision=named[2], allow_patterns=_WANTED)
    except Exception as error:
        raise ComponentError(f"encoders: {model!r} is no folder here, and the hub did not give it "
                             f"({describe_error(error, 200)}). Give the folder of a model that is on this machine.") from error


def static_files(folder: str) -> tuple[Path, Path] | None:
    """Tokenizer and vectors of a static embedding model in a folder; None if it holds no such model."""
    for place in (Path(folder), Path(folder) / "0_StaticEmbedding"):
        tokenizer, vectors = place / "tokenizer.json", place / "model.safetensors"
        if tokenizer.is_file() and vectors.is_file() and _NAMES & _tensor_names(vectors):
            return tokenizer, vectors
    return None


def _tensor_names(path: Path) -> set[str]:
    """Names in the header of a safetensors file: its length as eight bytes, then JSON."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            return set(json.loads(file.read(min(length, _HEADER_BYTES))))
    except (OSError, ValueError, struct.error):
        return set()
