"""Which transformers may be built from a configuration of any source, and bounds on its numbers.

The transformers library builds whatever a configuration asks for: code in the folder, models fetched by name, a hundred million
layers. So only text encoders that the library implements itself are allowed, each with the settings of its type and no others.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autotext.components.model_folder import check_files, document
from autotext.errors import ComponentError, shown

MODEL_TYPES = ("albert", "bert", "bert-generation", "camembert", "convbert", "data2vec-text", "deberta", "deberta-v2",
               "distilbert", "electra", "ernie", "eurobert", "flaubert", "gemma3_text", "gte", "jina_embeddings_v3", "llama",
               "megatron-bert", "mistral", "modernbert", "mpnet", "nomic_bert", "qwen2", "qwen3", "rembert", "roberta",
               "roberta-prelayernorm", "xlm", "xlm-roberta", "xlm-roberta-xl")
# Settings that a configuration must not have, and what they ask for.
_REFUSED = {"auto_map": "code of its own, which is never run", "custom_pipelines": "code of its own, which is never run",
            "quantization_config": "quantized weights, which are not read"}
# Limits of numbers, by a part of the setting's name; then those of all other settings.
_BOUNDS = {"layer": 64, "group": 16, "label": 100_000}
_MOST, _MOST_ENTRIES, _DEEPEST = 10_000_000, 100_000, 4
# transformers compares each of the listed tokens with all others.
_TOKEN_FILES, _MOST_TOKENS = ("tokenizer_config.json", "special_tokens_map.json"), 5000
_WORD = re.compile(r"[\w|-]{0,64}", re.ASCII)
# In these types, positions are numbered from the one after that of the padding.
_AFTER_PADDING = ("camembert", "data2vec-text", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl")


def check_folder(folder: str | Path) -> None:
    """Check the files of a transformer's folder, except its tokenizer, for anything too large or not allowed.

    Parameters
    ----------
    folder : str or Path

    Raises
    ------
    ComponentError
        A file is too large, or asks for what is not allowed; the message begins with its name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "config.json").write_text('{"model_type": "bert", "auto_map": {"AutoModel": "own.Model"}}')
    ...     check_folder(folder)
    Traceback (most recent call last):
    autotext.errors.ComponentError: its configuration asks for code of its own, which is never run (auto_map)
    """
    folder = Path(folder)
    check_files(folder)
    _check_config(document(folder, "config.json"))
    _refuse(document(folder, "tokenizer_config.json"), "tokenizer_config.json")
    for name in _TOKEN_FILES:
        if any(isinstance(value, list) and len(value) > _MOST_TOKENS for value in document(folder, name).values()):
            raise ComponentError(f"{name} has a list of more than {_MOST_TOKENS:,} tokens")
    if (folder / "adapter_config.json").is_file():
        raise ComponentError("adapter_config.json makes it an adapter of another model: merge the two and save the result")


def checked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Check the configuration of a transformer, and keep the settings that belong to its type.

    Parameters
    ----------
    config : mapping of str to object
        As in ``config.json``.

    Raises
    ------
    ComponentError
        The type is not allowed, or a setting is out of bounds.

    Examples
    --------
    >>> checked_config({"model_type": "bert", "hidden_size": 32, "architectures": ["BertModel"]})
    {'model_type': 'bert', 'hidden_size': 32}
    """
    from transformers import CONFIG_MAPPING, PretrainedConfig

    _check_config(config)
    kind = config["model_type"]
    if kind not in CONFIG_MAPPING:
        raise ComponentError(f"its model_type {kind} needs a newer transformers: pip install --upgrade transformers")
    of_type = inspect.signature(CONFIG_MAPPING[kind].__init__).parameters.keys()
    settings = {name: value for name, value in config.items()
                if name in of_type and name not in inspect.signature(PretrainedConfig.__init__).parameters}
    for name, value in settings.items():
        if name.startswith("sinusoidal") and value is True:
            raise ComponentError(f"its configuration's {name} is not supported")
        if not _is_plain(value):
            raise ComponentError(f"its configuration cannot have {name} {shown(value)}")
    return {"model_type": kind, **settings}


def positions(config: Mapping[str, Any]) -> int:
    """Number of tokens of a text for which a transformer has positions.

    Parameters
    ----------
    config : mapping of str to object
        As in ``config.json``.

    Examples
    --------
    >>> positions({"model_type": "bert", "max_position_embeddings": 512})
    512
    >>> positions({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1})
    512
    """
    kind, padding = config["model_type"], config.get("pad_token_id") or 0
    skipped = (1 if kind == "mpnet" else padding) + 1 if kind in _AFTER_PADDING else 0
    return max(1, (config.get("max_position_embeddings") or _MOST) - skipped)


def _check_config(config: Any) -> None:
    if not isinstance(config, Mapping):
        raise ComponentError("its configuration is no JSON object")
    _refuse(config, "its configuration")
    if config.get("model_type") not in MODEL_TYPES:
        raise ComponentError(f"its model_type is {shown(config.get('model_type'))}, but only these can be used: "
                             f"{', '.join(MODEL_TYPES)}")
    for name, value in config.items():
        _check_bounds(name, value)


def _refuse(document: Mapping[str, Any], where: str) -> None:
    for name, what in _REFUSED.items():
        if document.get(name):
            raise ComponentError(f"{where} asks for {what} ({name})")


def _check_bounds(name: str, value: Any, depth: int = 0) -> None:
    """Check that a setting, and each number in it, is of a sensible size."""
    if isinstance(value, dict | list):
        if depth >= _DEEPEST or len(value) > _MOST_ENTRIES:
            raise ComponentError(f"its configuration's {shown(name)} is too large")
        for inside in value.values() if isinstance(value, dict) else value:
            _check_bounds(name, inside, depth + 1)
    if isinstance(value, int | float):
        most = next((bound for part, bound in _BOUNDS.items() if part in name), _MOST)
        if not (math.isfinite(value) and abs(value) <= most):
            raise ComponentError(f"its configuration's {shown(name)} is {shown(value)}, more than {most:,}")


def _is_plain(value: Any) -> bool:
    """Whether a setting is a number, a word, or a few of them; a word cannot name a file or a model of the hub."""
    if isinstance(value, dict):
        return len(value) <= 16 and all(_WORD.fullmatch(name) and _is_plain(inside) for name, inside in value.items())
    if isinstance(value, list):
        return len(value) <= 1024 and all(map(_is_plain, value))
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and bool(_WORD.fullmatch(value)))
