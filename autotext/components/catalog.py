"""Pretrained models to choose from where the user names none, by language and by the time there is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import yaml

from autotext.components.pretrained import find_pretrained
from autotext.components.registry import registry
from autotext.errors import describe_error
from autotext.space.reader import space_folder

_MOST = 2
# Of the budget, what fetching may take.
_FETCHING = 0.2
# Millions of numbers of a transformer that a processor can make use of in a second of the budget, and in any.
_PER_SECOND, _ALWAYS, _ON_GPU = 0.35, 40, 600


@dataclass(frozen=True)
class CatalogEntry:
    """A model of the hub.

    Parameters
    ----------
    id, revision, licence : str
    languages : tuple of str
        ISO 639 codes; "xx" for a hundred or so.
    millions : int
        Of numbers.
    static : bool
        A table of word vectors, rather than a transformer.
    """

    id: str
    revision: str
    licence: str
    languages: tuple[str, ...]
    millions: int
    static: bool


@cache
def read_catalog() -> tuple[CatalogEntry, ...]:
    """The models of ``search_spaces/encoders.yaml``, smaller ones first."""
    content = yaml.safe_load((space_folder() / "encoders.yaml").read_text("utf-8"))
    return tuple(CatalogEntry(**{**entry, "languages": tuple(entry["languages"])}) for entry in content["encoders"])


def select_models(language: str, seconds: float | None) -> list[CatalogEntry]:
    """The static model and the two largest transformers that suit a language and a number of seconds.

    Parameters
    ----------
    language : str
        ISO 639 code; "xx" if it is not known.
    seconds : float or None
        None: no limit.

    Examples
    --------
    >>> [rung.id for rung in select_models("ko", 60.0)]
    ['minishlab/potion-multilingual-128M', 'exp-models/dragonkue-KoEn-E5-Tiny']
    """
    most = _ON_GPU if _on_gpu() or seconds is None else max(_ALWAYS, _PER_SECOND * seconds)
    own = [rung for rung in read_catalog() if language in rung.languages]
    others = [rung for rung in read_catalog() if "xx" in rung.languages]
    static = [rung for rung in [*own, *others] if rung.static][:1]
    transformers = [rung for rung in own or others if not rung.static and rung.millions <= most]
    return [*static, *transformers[-_MOST:]]


def _on_gpu() -> bool:
    if registry()["features"]["encoder"].missing_dependency():
        return False
    import torch

    return bool(torch.cuda.is_available())


def select_from_catalog(language: str, seconds: float | None) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Folders of the models that suit, as `find_pretrained` gives them, and which could not be had, and why.

    What is not on this machine yet is downloaded, if that takes no more than a fifth of the seconds.
    """
    rungs = select_models(language, seconds)
    results: dict[str, dict[str, tuple[str, ...]] | str] = {}

    lacking = registry()["features"]["encoder"].missing_dependency()

    def fetch(rung: CatalogEntry) -> None:
        if lacking and not rung.static:
            results[rung.id] = lacking
            return
        try:
            results[rung.id] = find_pretrained([f"{rung.id}@{rung.revision}"])
        except Exception as error:
            results[rung.id] = describe_error(error)

    threads = [threading.Thread(target=fetch, args=(rung,), daemon=True) for rung in rungs]
    until = None if seconds is None else time.monotonic() + _FETCHING * seconds
    with _quiet_hub():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(None if until is None else max(0.0, until - time.monotonic()))
    found: dict[str, tuple[str, ...]] = {}
    missed = []
    for rung in rungs:
        result = results.get(rung.id, "it could not be fetched in a fifth of the time")
        if isinstance(result, str):
            missed.append(f"{rung.id}: {result}")
            continue
        for name, folders in result.items():
            found[name] = (*found.get(name, ()), *folders)
    return found, missed


@contextmanager
def _quiet_hub() -> Iterator[None]:
    """Without the hub's lines about each try."""
    from huggingface_hub.utils.logging import get_verbosity, set_verbosity

    level = get_verbosity()
    set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        set_verbosity(level)
