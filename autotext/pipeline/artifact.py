"""A fitted pipeline as JSON and arrays, without pickle, and back; `folders` says which files hold them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.components import Feature, component
from autotext.components.state_checks import numbers, whole
from autotext.errors import ArtifactError
from autotext.pipeline.calibration import Decision
from autotext.pipeline.chain import Chain, check_parameters
from autotext.pipeline.ensemble import Ensemble
from autotext.pipeline.fitted import FittedPipeline
from autotext.pipeline.folders import read_folder
from autotext.pipeline.reference_texts import REFERENCE_TEXTS
from autotext.pipeline.saving import pretty_json, write_folder
from autotext.report import Report
from autotext.scoring.metrics import Kind, Metric, metric_name
from autotext.space import Configuration
from autotext.task import Label
from autotext.untrusted import guarded, packed, read_arrays, read_json

_MOST_MEMBERS, _MOST_CLASSES = 64, 100_000
# Limit on the multiplications spent on checking that answers have not moved: a large pipeline is checked on fewer texts.
_MOST_WORK = 300_000_000
# How far probabilities may move: by rounding, or by this many times the precision of the least precise component.
_TOLERANCE, _PER_PRECISION = 1e-4, 2.0
_MOST_REFERENCE_TEXTS, _MOST_CHARACTERS = 100, 4000
_PACKAGES = ("autotext", "numpy", "scipy", "scikit-learn")


def save(pipeline: FittedPipeline, report: Report | None, folder: Path) -> Path:
    """Write a fitted pipeline to a folder; an older pipeline there is replaced, anything else is left alone.

    Parameters
    ----------
    pipeline : FittedPipeline
    report : Report or None
        The record of the search, saved with it.
    folder : Path
        New, empty, or with an older pipeline.

    Raises
    ------
    ArtifactError
        The folder cannot be written, or holds something else.

    Examples
    --------
    >>> import tempfile
    >>> from autotext.pipeline import TextPipeline
    >>> pipeline = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "logistic"})
    >>> pipeline = pipeline.fit(["good", "bad"] * 5, ["+", "-"] * 5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fitted, report = load(save(pipeline.fitted_, None, Path(folder) / "pipeline"))
    >>> fitted.classes
    ('+', '-')
    """
    if len(pipeline.classes) > _MOST_CLASSES:
        raise ArtifactError(f"A pipeline of {len(pipeline.classes):,} classes cannot be saved, only one of up to "
                            f"{_MOST_CLASSES:,}.")
    state, arrays = pipeline_state(pipeline)
    contents = {"state.json": pretty_json(state), "arrays.npz": packed(arrays),
                "report.json": pretty_json(report.to_json() if report else None)}
    write_folder(folder, {**pipeline_manifest(pipeline), "versions": _versions()}, contents)
    return folder


def pipeline_manifest(pipeline: FittedPipeline) -> dict[str, Any]:
    """Describe a pipeline as a JSON dict: classes, columns, metric, seed and configuration, without what it has learned.

    Parameters
    ----------
    pipeline : FittedPipeline

    Examples
    --------
    >>> from autotext.pipeline import TextPipeline
    >>> pipeline = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "logistic"})
    >>> manifest = pipeline_manifest(pipeline.fit(["good", "bad"] * 5, ["+", "-"] * 5).fitted_)
    >>> manifest["kind"], manifest["classes"]
    ('binary', ['+', '-'])
    """
    return {"kind": pipeline.kind, "classes": list(pipeline.classes), "columns": list(pipeline.columns),
            "label_columns": list(pipeline.label_columns), "indicators": pipeline.indicators,
            "metric": pipeline.metric and metric_name(pipeline.metric), "seed": int(pipeline.seed),
            "configuration": [member.to_json() for member in pipeline.members] if isinstance(pipeline.chain, Ensemble)
            else pipeline.members[0].to_json()}


def pipeline_state(pipeline: FittedPipeline) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Collect what a pipeline has learned as JSON and arrays, with its probabilities for the reference texts.

    Parameters
    ----------
    pipeline : FittedPipeline

    Examples
    --------
    >>> from autotext.pipeline import TextPipeline
    >>> pipeline = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "logistic"})
    >>> fitted = pipeline.fit(["good", "bad"] * 5, ["+", "-"] * 5).fitted_
    >>> state, arrays = pipeline_state(fitted)
    >>> [component["name"] for component in state["components"]]
    ['char_tfidf', 'logistic']
    >>> pipeline_from_state(pipeline_manifest(fitted), state, arrays, "copy: ").decide(["bad"])[0].tolist()
    [1]
    """
    parts: list[dict[str, Any]] = []
    arrays: dict[str, NDArray[Any]] = {}
    places: dict[int, str] = {}
    same: dict[str, str] = {}
    for number, part in enumerate(pipeline.chain.components):
        learned, component_arrays = part.state()
        parts.append({"stage": part.stage, "name": part.name, "version": part.version, "learned": learned})
        for name, array in component_arrays.items():
            # The members of an ensemble may hold the very same vectors, which are large.
            first = places.setdefault(id(array), f"{number}.{name}")
            if first == f"{number}.{name}":
                arrays[first] = array
            else:
                same[f"{number}.{name}"] = first
    arrays["golden"] = pipeline.decide(_reference_texts(pipeline))[1]
    decision = {"temperature": pipeline.decision.temperature, "cutoff": pipeline.decision.threshold}
    state: dict[str, Any] = {"components": parts, "decision": decision, "probes": list(REFERENCE_TEXTS)}
    if same:
        state["same"] = same
    if isinstance(pipeline.chain, Ensemble):
        state["blend"] = {"weights": pipeline.chain.weights, "temperatures": pipeline.chain.temperatures}
    return state, arrays


def _reference_texts(pipeline: FittedPipeline, texts: Sequence[str] = REFERENCE_TEXTS) -> list[str]:
    """The reference texts, each repeated for every text column of the pipeline."""
    return ["\n".join([text] * max(len(pipeline.columns), 1)) for text in texts]


def _versions() -> dict[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "unknown"
    return versions


def load(folder: Path) -> tuple[FittedPipeline, Report | None]:
    """Read a pipeline that `save` wrote, and its report; no code in the folder is run.

    A warning says so if the probabilities of the stored reference texts have moved since.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    ArtifactError
        The folder is missing, incomplete, damaged, or of a format that this version cannot read.
    """
    manifest, contents = read_folder(folder)
    place = f"The pipeline in {str(folder)!r} cannot be rebuilt: "
    with guarded(place + "report.json"):
        saved_report = read_json(contents["report.json"])
        report = None if saved_report is None else Report.from_json(saved_report)
        # A report that cannot be rendered is refused here, not when it is printed.
        str(report)
    with guarded(place + "arrays.npz"):
        arrays = read_arrays(contents.pop("arrays.npz"))
    with guarded(place + "state.json"):
        state = read_json(contents.pop("state.json"))
    pipeline = pipeline_from_state(manifest, state, arrays, place)
    with guarded(f"{place}its answers to the reference texts"), np.errstate(all="ignore"):
        moved = _moved(pipeline, state, arrays)
    if moved > max([_TOLERANCE, *(_PER_PRECISION * part.precision for part in pipeline.chain.components)]):
        changed = [f"{name} {old} -> {new}" for name, new in _versions().items()
                   if (old := manifest["versions"].get(name)) != new]
        warnings.warn(f"The pipeline in {str(folder)!r} does not answer as when it was saved: probabilities moved by up to "
                      f"{moved:.2g}. Versions that changed: {', '.join(changed) or 'none'}.", stacklevel=3)
    return pipeline, report


def pipeline_from_state(manifest: dict[str, Any], state: dict[str, Any], arrays: dict[str, NDArray[Any]],
                        place: str) -> FittedPipeline:
    """Rebuild a pipeline from what `pipeline_manifest` and `pipeline_state` gave.

    Parameters
    ----------
    manifest : dict of str to object
    state : dict of str to object
    arrays : dict of str to array
    place : str
        What the message of an error begins with.

    Raises
    ------
    ArtifactError
        The arguments do not fit together, or hold values of other types.
    """
    with guarded(place + "manifest.json"):
        classes = _checked_manifest(manifest)
        saved = manifest["configuration"]
        members = [Configuration(member) for member in (saved if isinstance(saved, list) else [saved])]
    with guarded(place + "state.json"):
        arrays = {**arrays, **_shared_arrays(state, arrays)}
        decision = _checked_decision(manifest["kind"], state["decision"])
        chain: Chain | Ensemble
        if isinstance(saved, list):
            chain = _ensemble_from_state(members, state, arrays, manifest["kind"], len(classes), place)
        else:
            chain = _chain_from_state(members[0], state["components"], arrays, len(classes), place)
    return FittedPipeline(tuple(members), chain, decision, tuple(classes), manifest["metric"], manifest["seed"],
                          tuple(manifest["columns"]), tuple(manifest.get("label_columns", ())),
                          manifest.get("indicators", False))


def _shared_arrays(state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Arrays of a pretrained model that several members of an ensemble use, so that they are held only once."""
    shared = {}
    for name, first in state.get("same", {}).items():
        (number, part), (other, other_part) = name.split(".", 1), first.split(".", 1)
        one, another = state["components"][int(number)], state["components"][int(other)]
        if (one["stage"], one["name"], one["learned"], part) != (another["stage"], another["name"], another["learned"],
                                                                 other_part):
            raise ValueError(f"{name} and {first} are not the same array of the same model")
        shared[name] = arrays[first]
    return shared


# Checksums reveal accidents. A pipeline changed on purpose has new ones, so nothing below trusts what was read.


def _checked_manifest(manifest: dict[str, Any]) -> list[Label]:
    """Check the types of all entries of a manifest, and give its classes."""
    classes, kind = manifest["classes"], manifest["kind"]
    if not isinstance(classes, list) or not all(isinstance(label, str | int | float) for label in classes):
        raise ValueError("classes must be a list of labels")
    if len(classes) > _MOST_CLASSES:
        raise ValueError(f"it has {len(classes):,} classes, more than {_MOST_CLASSES:,}")
    if not classes or len(set(map(repr, classes))) < len(classes):
        raise ValueError("classes must differ from each other")
    if kind not in ("multilabel", "binary" if len(classes) == 2 else "multiclass"):
        raise ValueError(f"{kind!r} is no kind of task with {len(classes)} classes")
    if isinstance(manifest["configuration"], list) and not 0 < len(manifest["configuration"]) <= _MOST_MEMBERS:
        raise ValueError(f"an ensemble must have 1 to {_MOST_MEMBERS} members")
    versions = manifest.get("versions", {})
    manifest = {"label_columns": [], "indicators": False, **manifest}
    for field, kinds in (("columns", list), ("label_columns", list), ("indicators", bool),
                         ("configuration", list if isinstance(manifest["configuration"], list) else dict)):
        if not isinstance(manifest[field], kinds):
            raise ValueError(f"{field} must be a {kinds.__name__}")
    names = (*manifest["columns"], *manifest["label_columns"])
    if not isinstance(versions, dict) or not all(isinstance(name, str) for name in (*names, *versions.values())):
        raise ValueError("columns must be lists and versions a dict, all of text")
    if manifest["metric"] is not None:
        Metric(manifest["metric"], kind)
    whole(manifest, "seed", -(2**63), 2**63)
    return classes


def _checked_reference_texts(texts: Any) -> list[str]:
    if (not isinstance(texts, list) or not 0 < len(texts) <= _MOST_REFERENCE_TEXTS
            or not all(isinstance(text, str) for text in texts) or sum(map(len, texts)) > _MOST_CHARACTERS):
        raise ValueError(f"probes must be 1 to {_MOST_REFERENCE_TEXTS} short texts")
    return texts


def _checked_decision(kind: Kind, learned: dict[str, Any]) -> Decision:
    if not learned.keys() <= {"temperature", "cutoff"}:
        raise ValueError(f"a decision is a temperature and a cutoff, not {', '.join(map(repr, learned))}")
    decision = Decision(kind, learned.get("temperature", 1.0), learned.get("cutoff", 0.0))
    if not all(type(value) in (int, float) and abs(value) < 1e300 for value in (decision.temperature, decision.threshold)):
        raise ValueError("temperature and cutoff must be numbers")
    if not decision.temperature > 0:
        raise ValueError(f"the temperature must be above 0, not {decision.temperature}")
    return decision


def _ensemble_from_state(members: list[Configuration], state: dict[str, Any], arrays: dict[str, NDArray[Any]], kind: Kind,
                         n_classes: int, place: str) -> Ensemble:
    """Ensemble from a saved state, which lists the components of its members one after the other."""
    vectors = [list(map(float, state["blend"][name])) for name in ("weights", "temperatures")]
    is_positive = all(0 < value < 1e300 for vector in vectors for value in vector)
    if {len(vector) for vector in vectors} != {len(members)} or not is_positive:
        raise ValueError("each member of an ensemble needs a weight and a temperature above 0")
    chains: list[Chain] = []
    first = 0
    for member in members:
        size = len(Chain(member).components)
        chains.append(_chain_from_state(member, state["components"][first : first + size], arrays, n_classes, place, first))
        first += size
    if first != len(state["components"]):
        raise ValueError("its components do not match its configurations")
    return Ensemble(chains, vectors[0], vectors[1], kind)


def _chain_from_state(configuration: Configuration, parts: list[dict[str, Any]], arrays: dict[str, NDArray[Any]],
                      n_classes: int, place: str, first: int = 0) -> Chain:
    chain = Chain(configuration)
    saved_names = [(fitted["stage"], fitted["name"]) for fitted in parts]
    if saved_names != [(fitted.stage, fitted.name) for fitted in chain.components]:
        raise ValueError("its components do not match its configuration")
    for number, (fitted, saved) in enumerate(zip(chain.components, parts, strict=True), first):
        with guarded(f"{place}{fitted.stage} {fitted.name}"):
            newest = component(fitted.stage, fitted.name).version
            if whole(saved, "version", 0, 2**31) > newest:
                raise ArtifactError(f"{place}it needs version {saved['version']} of {fitted.name}, this autotext has {newest}: "
                                    "pip install --upgrade autotext.")
            check_parameters(configuration, fitted.stage, fitted.name)
            learned = saved["learned"]
            # The number of classes is checked before any array of that size is made.
            if fitted.stage == "model" and learned.get("n_classes", n_classes) != n_classes:
                raise ValueError(f"it is for {learned['n_classes']!r} classes, the manifest lists {n_classes}")
            prefix = f"{number}."
            fitted.set_state(learned, {name.removeprefix(prefix): array for name, array in arrays.items()
                                     if name.startswith(prefix)})
    return chain


def _moved(pipeline: FittedPipeline, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> float:
    """Largest difference between the probabilities of the reference texts and those that were stored."""
    probes = _checked_reference_texts(state["probes"])
    golden = numbers(arrays, "golden", "f", len(probes), len(pipeline.classes))
    features = [part for part in pipeline.chain.components if isinstance(part, Feature)]
    work = max(sum(array.size for array in arrays.values()), *(feature.size for feature in features))
    probes = probes[: max(1, _MOST_WORK // max(work, 1))]
    golden = golden[: len(probes)]
    predictions, now = pipeline.decide(_reference_texts(pipeline, probes))
    pipeline.to_labels(predictions)
    if now.shape != golden.shape or not np.isfinite(now).all():
        raise ValueError("they are not one finite number for each class")
    return float(np.abs(now - golden).max(initial=0.0))
