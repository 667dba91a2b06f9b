"""Pretrained models that a user names, as folders or hub ids, and the feature components that read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from autotext.components.pretrained_feature import PretrainedFeature
from autotext.components.registry import registry
from autotext.errors import ComponentError, SpaceError, describe_error, suggestion
from autotext.evaluation import Evaluation
from autotext.space import Configuration, SearchSpace
from autotext.space.domains import FromTask

_HUB_ID = re.compile(r"([\w.-]{1,96}/[\w.-]{1,96})(?:@([\w.-]{1,96}))?", re.ASCII)
_WANTED = ["*.json", "*.safetensors", "vocab.txt", "*.model", "merges.txt"]


@dataclass(frozen=True, eq=False)
class PretrainedModels(Mapping[str, tuple[str, ...]]):
    """Folders of pretrained models, by the name of the feature component that reads them.

    Parameters
    ----------
    folders : mapping of str to tuple of str, optional
        Folders by component, in the order in which a search tries them.

    Examples
    --------
    >>> models = PretrainedModels({"encoder": ("minilm",), "fine_tuned": ("minilm",)})
    >>> models["encoder"], models.by_folder()
    (('minilm',), {'minilm': ['encoder', 'fine_tuned']})
    """

    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self.folders[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.folders)

    def __len__(self) -> int:
        return len(self.folders)

    def by_folder(self) -> dict[str, list[str]]:
        """Names of the components that read each model, by its folder."""
        folders = dict.fromkeys(folder for name in self for folder in self[name])
        return {folder: [name for name in self if folder in self[name]] for folder in folders}

    def merge(self, others: PretrainedModels) -> PretrainedModels:
        """Merge with other models; for each component, the models of this object come first.

        Examples
        --------
        >>> PretrainedModels({"encoder": ("a",)}).merge(PretrainedModels({"encoder": ("b",)}))["encoder"]
        ('a', 'b')
        """
        # Components that only the others name come first, and a search tries them in this order.
        return PretrainedModels({name: (*self.get(name, ()), *others.get(name, ())) for name in {**others, **self}})

    def classes(self) -> dict[str, type[PretrainedFeature]]:
        """Classes of the components by name, those that take long to fit last."""
        features = {name: cls for name, cls in pretrained_features().items() if name in self}
        return {name: features[name] for name in sorted(self, key=lambda name: features[name].expensive)}

    def read_ahead(self) -> None:
        """Read all models, so that they are in the memory of this process when it needs them; unreadable ones are skipped."""
        for name, cls in self.classes().items():
            for folder in self[name]:
                # A worker that tries the model reports the error.
                with suppress(Exception):
                    cls(model=folder).state()

    def check_place(self, space: SearchSpace) -> None:
        """Check that a search space has a component for every model.

        Raises
        ------
        SpaceError
            The space has none for one of the models.
        """
        for folder, names in self.by_folder().items():
            if not any(name in space.features for name in names):
                raise SpaceError(f"The search space {space.name!r} has no place for {folder!r}: it has no feature component "
                                 f"{names[0]}. Use space='default', or add it to the file.")

    def notes(self, evaluations: Sequence[Evaluation]) -> list[str]:
        """Write a sentence about each model: the best score with and without it, or that it was never cross-validated."""
        notes = []
        for folder, names in self.by_folder().items():
            sides: dict[bool, list[Evaluation]] = {True: [], False: []}
            for entry in evaluations:
                if entry.fold_scores:
                    sides[any(entry.configuration.get(f"features.{name}.model") == folder for name in names)].append(entry)
            if not sides[True]:
                notes.append(f"No candidate with {folder!r} could be judged: there was no time for it, or it failed. "
                             "A longer budget may help.")
            elif sides[False]:
                best = {has: _best_score(entries) for has, entries in sides.items()}
                notes.append(f"With {folder!r} the best candidate scored {best[True]:.4f}, without it {best[False]:.4f}.")
        return notes


def _best_score(evaluations: Sequence[Evaluation]) -> float:
    """The best score; if no configuration was evaluated on all folds, the best one on the first fold."""
    scores = [entry.score for entry in evaluations if entry.score is not None]
    return max(scores or [entry.fold_scores[0] for entry in evaluations])


def pretrained_features() -> dict[str, type[PretrainedFeature]]:
    """Registered feature components that read a pretrained model, by name.

    Examples
    --------
    >>> sorted({"encoder", "fine_tuned", "static_embedding"} & pretrained_features().keys())
    ['encoder', 'fine_tuned', 'static_embedding']
    """
    return {name: cls for name, cls in registry()["features"].items() if issubclass(cls, PretrainedFeature)}


def pretrained_kind(configuration: Configuration) -> tuple[object, ...]:
    """Pretrained models of a configuration, and how it uses them; empty if it also has other features.

    Parameters
    ----------
    configuration : Configuration

    Examples
    --------
    >>> pretrained_kind(Configuration({"features": "encoder", "features.encoder.model": "minilm", "model": "ridge"}))
    (('encoder', 'minilm'),)
    >>> pretrained_kind(Configuration({"features": "char_tfidf", "model": "ridge"}))
    ()
    """
    classes = pretrained_features()
    if not all(name in classes for name in configuration.blocks):
        return ()
    return tuple((name, *(configuration.get(f"features.{name}.{parameter}") for parameter in classes[name].kind_parameters))
                 for name in configuration.blocks)


def reading_components(folder: str) -> list[type[PretrainedFeature]]:
    """Feature components that read the model in a folder, those that take long to fit last; their packages may be missing.

    Parameters
    ----------
    folder : str

    Raises
    ------
    ComponentError
        The model asks for what is not allowed.

    Examples
    --------
    >>> import tempfile
    >>> from autotext.components.tiny_models import write_tiny_static_model
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [cls.name for cls in reading_components(write_tiny_static_model(Path(folder)))]
    ['static_embedding']
    """
    classes = [cls for cls in pretrained_features().values() if cls.parameters["model"] == FromTask("encoders")]
    return sorted((cls for cls in classes if cls.reads(folder)), key=lambda cls: (cls.expensive, cls.name))


def find_pretrained(models: str | Path | Sequence[str | Path]) -> PretrainedModels:
    """Find the folders of pretrained models, and the feature components that read them.

    Parameters
    ----------
    models : str, Path, or sequence of them
        Folders, or ids of models on the Hugging Face hub, optionally followed by ``@`` and a revision. Models that are not on
        this machine yet are downloaded.

    Returns
    -------
    PretrainedModels

    Raises
    ------
    ComponentError
        A model does not exist, cannot be fetched, or is of a kind that no component reads.

    Examples
    --------
    >>> import tempfile
    >>> from autotext.components.tiny_models import write_tiny_static_model
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     list(find_pretrained(write_tiny_static_model(Path(folder))))
    ['static_embedding']
    """
    if isinstance(models, str | Path):
        models = [models]
    folders: dict[str, tuple[str, ...]] = {}
    for model in dict.fromkeys(map(str, models)):
        folder = _local_folder(model)
        for cls in _usable_components(model, folder):
            folders[cls.name] = (*folders.get(cls.name, ()), folder)
    return PretrainedModels(folders)


def _usable_components(model: str, folder: str) -> list[type[PretrainedFeature]]:
    """Components that read a model and whose packages are installed."""
    try:
        classes = reading_components(folder)
    except ComponentError as error:
        raise ComponentError(f"encoders: {model!r} cannot be used: {error}.") from None
    if not classes:
        formats = dict.fromkeys(cls.folder_format for cls in pretrained_features().values() if cls.folder_format)
        raise ComponentError(f"encoders: {model!r} holds no model that can be read: there must be {', or '.join(formats)}.")
    usable = [cls for cls in classes if not cls.missing_dependency()]
    if not usable:
        raise ComponentError(f"encoders: {model!r} is read by {classes[0].name}, but {classes[0].missing_dependency()}")
    return usable


def _local_folder(model: str) -> str:
    """Folder of a model, which is downloaded if necessary."""
    path = Path(model).expanduser()
    if path.is_dir():
        return str(path)
    if path.exists():
        raise ComponentError(f"encoders: {model!r} is a file; give the folder that holds the model.")
    if not (hub_id := _HUB_ID.fullmatch(model)):
        beside = [entry.name for entry in path.parent.iterdir() if entry.is_dir()] if path.parent.is_dir() else []
        raise ComponentError(f"encoders: there is no folder {model!r}.{suggestion(path.name, beside)}")
    from huggingface_hub import snapshot_download

    with suppress(Exception):
        if hub_id[2]:
            # A fixed revision that is on this machine needs no request to the hub.
            return snapshot_download(hub_id[1], revision=hub_id[2], allow_patterns=_WANTED, local_files_only=True)
    try:
        return snapshot_download(hub_id[1], revision=hub_id[2], allow_patterns=_WANTED)
    except Exception as error:
        raise ComponentError(f"encoders: {model!r} is no folder here, and the hub did not give it "
                             f"({describe_error(error, 200)}). Give the folder of a model that is on this machine.") from error
