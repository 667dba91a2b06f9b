"""Reading and writing transformers as folders in the format of transformers and sentence-transformers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autotext.components.architectures import check_folder, checked_config, positions
from autotext.components.model_folder import check_finite, document, read_text
from autotext.components.tokenizer_json import check_tokenizer
from autotext.components.transformer import (
    LONGEST_PREFIX,
    MOST_TOKENS,
    Transformer,
    config_of_transformers,
    outline,
    silence_transformers,
)
from autotext.errors import ComponentError, describe_error, shown

_USUAL_TOKENS = 512


def read_transformer(folder: str) -> Transformer:
    """Read a transformer from a folder in the format of transformers or sentence-transformers.

    Parameters
    ----------
    folder : str

    Raises
    ------
    ComponentError
        The model cannot be read, or asks for what is not allowed.
    """
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        check_folder(folder)
        if (pieces := Path(folder) / "tokenizer.json").is_file():
            check_tokenizer(read_text(pieces))
        with silence_transformers():
            config = checked_config(AutoConfig.from_pretrained(folder, **local).to_dict())
            _check_size(config, Path(folder))
            model = AutoModel.from_pretrained(folder, config=config_of_transformers(config), use_safetensors=True, **local)
            tokenizer = AutoTokenizer.from_pretrained(folder, **local)
        pooling, prefix, most = _conventions(Path(folder), int(min(tokenizer.model_max_length, _USUAL_TOKENS)))
        weights = {name: value.detach().float().numpy() for name, value in model.state_dict().items()}
        for name, array in weights.items():
            check_finite(name, array)
    except Exception as error:
        raise ComponentError(f"the model in {folder!r} cannot be read: {describe_error(error)}") from error
    if not tokenizer.is_fast:
        raise ComponentError(f"the model in {folder!r} has no tokenizer.json, nor anything that could be turned into one")
    return Transformer(config, tokenizer.backend_tokenizer.to_str(), weights, pooling, prefix, min(most, positions(config)))


def write_transformer(transformer: Transformer, folder: Path) -> None:
    """Write a transformer to a folder that `read_transformer` and transformers read.

    Parameters
    ----------
    transformer : Transformer
    folder : Path

    Examples
    --------
    >>> import tempfile
    >>> from autotext.components.tiny_models import write_tiny_transformer
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     transformer = read_transformer(write_tiny_transformer(Path(parent) / "tiny"))
    ...     write_transformer(transformer, Path(parent) / "copy")
    ...     copy = read_transformer(f"{parent}/copy")
    >>> np.abs(copy.encode(["a good film"]) - transformer.encode(["a good film"])).max() < 1e-6
    np.True_
    """
    from safetensors.numpy import save_file

    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(array) for name, array in transformer.weights.items()}, folder / "model.safetensors",
              metadata={"format": "pt"})
    transformer.pretrained_tokenizer().save_pretrained(folder)
    documents = {
        "config.json": transformer.config,
        "sentence_bert_config.json": {"max_seq_length": transformer.most},
        "config_sentence_transformers.json": {"prompts": {"given": transformer.prefix}, "default_prompt_name": "given"},
        "1_Pooling/config.json": {"pooling_mode_cls_token": transformer.pooling == "first"},
    }
    for name, content in documents.items():
        (folder / name).write_text(json.dumps(content), "utf-8")


def _check_size(config: Mapping[str, Any], folder: Path) -> None:
    """Check that a configuration needs no more numbers than there are bytes of weights."""
    n_numbers = sum(math.prod(shape) for shape in outline(config)[0].values())
    n_bytes = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    if n_numbers > n_bytes:
        raise ComponentError(f"its configuration asks for {n_numbers:,} numbers, its weights have {n_bytes:,} bytes")


def _conventions(folder: Path, most: int) -> tuple[str, str, int]:
    """Pooling, prefix and number of tokens, read from the files of sentence-transformers."""
    pooling = document(folder, "1_Pooling/config.json")
    first = bool(pooling.get("pooling_mode_cls_token")) or pooling.get("pooling_mode") == "cls"
    settings = document(folder, "config_sentence_transformers.json")
    prompts, chosen = settings.get("prompts") or {}, settings.get("default_prompt_name") or ""
    prefix = prompts.get(chosen, "") if isinstance(prompts, dict) and isinstance(chosen, str) else None
    if not isinstance(prefix, str) or len(prefix) > LONGEST_PREFIX:
        raise ComponentError(f"the prompt in config_sentence_transformers.json is not {LONGEST_PREFIX:,} characters at most")
    max_length = document(folder, "sentence_bert_config.json").get("max_seq_length")
    if max_length is not None:
        if type(max_length) is not int or max_length < 1:
            raise ComponentError(f"sentence_bert_config.json has the max_seq_length {shown(max_length)}")
        most = min(max_length, MOST_TOKENS)
    if most < 1:
        raise ComponentError(f"tokenizer_config.json has the model_max_length {most}")
    return "first" if first else "mean", prefix, most
