"""The catalog of pretrained models, from which a search chooses by language and budget where the user names none."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from autotext.components.pretrained import PretrainedModels, find_pretrained
from autotext.components.transformer import device
from autotext.components.transformer_feature import TransformerFeature
from autotext.errors import describe_error
from autotext.silence import temporarily

_FILE = Path(__file__).with_name("catalog.yaml")
_MOST_TRANSFORMERS = 2
# Fraction of the budget that downloads may take.
_FETCHING = 0.2
# Largest transformer in millions of numbers: per second of the budget on a processor, with any budget, and on a GPU.
_PER_SECOND, _ALWAYS, _ON_GPU = 0.35, 40, 600


@dataclass(frozen=True)
class CatalogEntry:
    """A pretrained model on the Hugging Face hub, as ``catalog.yaml`` lists it.

    Parameters
    ----------
    id, revision, licence : str
    languages : tuple of str
        ISO 639 codes; "xx" stands for a hundred or so.
    millions : int
        Size in millions of numbers.
    static : bool
        Whether it is a table of static word vectors, rather than a transformer.
    """

    id: str
    revision: str
    licence: str
    languages: tuple[str, ...]
    millions: int
    static: bool


@cache
def read_catalog() -> tuple[CatalogEntry, ...]:
    """Read the models of ``catalog.yaml``, smaller ones first.

    Examples
    --------
    >>> {"xx", "en", "ko"} <= {language for entry in read_catalog() for language in entry.languages}
    True
    """
    content = yaml.safe_load(_FILE.read_text("utf-8"))
    return tuple(CatalogEntry(**{**entry, "languages": tuple(entry["languages"])}) for entry in content["encoders"])


def select_models(language: str, seconds: float | None) -> list[CatalogEntry]:
    """Select the static model and the two largest transformers that suit a language and a budget.

    Parameters
    ----------
    language : str
        ISO 639 code; "xx" if it is not known.
    seconds : float or None
        Budget of the whole search. None: no limit.

    Examples
    --------
    >>> [entry.id for entry in select_models("ko", 60.0)]
    ['minishlab/potion-multilingual-128M', 'exp-models/dragonkue-KoEn-E5-Tiny']
    """
    most = _ON_GPU if _has_gpu() or seconds is None else max(_ALWAYS, _PER_SECOND * seconds)
    entries = [entry for entry in read_catalog() if language in entry.languages]
    multilingual = [entry for entry in read_catalog() if "xx" in entry.languages]
    static = [entry for entry in [*entries, *multilingual] if entry.static][:1]
    transformers = [entry for entry in entries or multilingual if not entry.static and entry.millions <= most]
    return [*static, *transformers[-_MOST_TRANSFORMERS:]]


def _has_gpu() -> bool:
    return not TransformerFeature.missing_dependency() and device() == "cuda"


def select_from_catalog(language: str, seconds: float | None) -> tuple[PretrainedModels, list[str]]:
    """Fetch the models of the catalog that suit, and give a line about each one that could not be fetched.

    Models that are not on this machine yet are downloaded, which may take a fifth of the budget.

    Parameters
    ----------
    language, seconds : str, float or None
        See `select_models`.

    Returns
    -------
    PretrainedModels, list of str
    """
    entries = select_models(language, seconds)
    results = _fetch_all(entries, None if seconds is None else _FETCHING * seconds)
    models = PretrainedModels()
    missed = []
    for entry in entries:
        result = results.get(entry.id, "it could not be fetched in a fifth of the time")
        if isinstance(result, str):
            missed.append(f"{entry.id}: {result}")
        else:
            folders = {**models, **{name: (*models.get(name, ()), *result[name]) for name in result}}
            models = PretrainedModels(folders)
    return models, missed


def _fetch_all(entries: Sequence[CatalogEntry], timeout: float | None) -> dict[str, PretrainedModels | str]:
    """Fetch models by id, or give the reason why one cannot be; models that are not there in time are left out."""
    from huggingface_hub.utils.logging import get_verbosity, set_verbosity

    missing_dependency = TransformerFeature.missing_dependency()
    results: dict[str, PretrainedModels | str] = {}

    def fetch(entry: CatalogEntry) -> None:
        if missing_dependency and not entry.static:
            results[entry.id] = missing_dependency
            return
        try:
            results[entry.id] = find_pretrained([f"{entry.id}@{entry.revision}"])
        except Exception as error:
            results[entry.id] = describe_error(error)

    threads = [threading.Thread(target=fetch, args=(entry,), daemon=True) for entry in entries]
    deadline = None if timeout is None else time.monotonic() + timeout
    # The hub's client writes a line about each attempt.
    with temporarily(get_verbosity, set_verbosity, logging.CRITICAL):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
    # The result is a copy, since a late thread may still add to the original.
    return dict(results)
