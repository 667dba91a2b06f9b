"""A pipeline as a folder: two JSON files and an array file, numbered, checksummed, without pickle.

Raising ``FORMAT``: keep a reader for the old number, add a folder of the old format to ``tests/golden`` first.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
import warnings
import zipfile
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.components import component
from autotext.errors import ArtifactError, ComponentError
from autotext.fingerprint import canonical
from autotext.pipeline.chain import Chain
from autotext.pipeline.decision import Decision
from autotext.pipeline.probes import PROBES
from autotext.pipeline.text_pipeline import TextPipeline
from autotext.report import Report
from autotext.space import Configuration

FORMAT = 1
FILES = ("state.json", "arrays.npz", "report.json")
_TOLERANCE = 1e-4
_PACKAGES = ("autotext", "numpy", "scipy", "scikit-learn")


def save(pipeline: TextPipeline, folder: Path) -> Path:
    """Write a fitted pipeline; an older pipeline in the folder is replaced, anything else is left alone.

    Raises
    ------
    ArtifactError
        The folder cannot be written, or holds something else.
    """
    if folder.exists() and not _replaceable(folder):
        raise ArtifactError(f"{str(folder)!r} holds something that is not a pipeline; choose a new or empty folder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _write(pipeline, beside)
            if folder.exists():
                shutil.rmtree(folder)
            os.chmod(beside, 0o755)
            beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise ArtifactError(f"Cannot write the pipeline to {str(folder)!r}: {error.strerror or error}.") from error
    return folder


def _replaceable(folder: Path) -> bool:
    return folder.is_dir() and ((folder / "manifest.json").is_file() or not any(folder.iterdir()))


def _write(pipeline: TextPipeline, folder: Path) -> None:
    state, arrays = _collect(pipeline)
    contents = {"state.json": canonical_pretty(state), "arrays.npz": _packed(arrays),
                "report.json": canonical_pretty(pipeline.report.to_json() if pipeline.report else None)}
    manifest = {"format": FORMAT, "kind": pipeline.kind_, "classes": list(pipeline.classes_),
                "columns": list(pipeline.columns_), "metric": pipeline.metric, "seed": pipeline.seed,
                "configuration": Configuration(pipeline.configuration).to_json(), "versions": _versions(),
                "files": {name: _checksum(data) for name, data in contents.items()}}
    manifest["checksum"] = _checksum(canonical(manifest).encode())
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    (folder / "manifest.json").write_bytes(canonical_pretty(manifest))


def canonical_pretty(value: Any) -> bytes:
    """JSON for people and machines, lone surrogates escaped."""
    return (json.dumps(value, ensure_ascii=True, allow_nan=False, indent=1) + "\n").encode()


def _collect(pipeline: TextPipeline) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    parts, arrays = [], {}
    for number, part in enumerate(pipeline.chain_.components):
        learned, own = part.state()
        parts.append({"stage": part.stage, "name": part.name, "version": part.version, "learned": learned})
        arrays.update({f"{number}.{name}": array for name, array in own.items()})
    arrays["golden"] = pipeline.predict_proba(_probes(pipeline))
    decision = {"temperature": pipeline.decision_.temperature, "cutoff": pipeline.decision_.cutoff}
    return {"components": parts, "decision": decision, "probes": list(PROBES)}, arrays


def _probes(pipeline: TextPipeline, probes: Any = PROBES) -> list[Any]:
    return [dict.fromkeys(pipeline.columns_, text) for text in probes] if pipeline.columns_ else list(probes)


def _packed(arrays: dict[str, NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    # Fixed dates, so that the same pipeline gives the same bytes.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(arrays[name]), allow_pickle=False)
    return buffer.getvalue()


def _checksum(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


def load_pipeline(folder: str | Path) -> TextPipeline:
    """Read a pipeline that `TextPipeline.save` wrote; no code in it is run.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    TextPipeline
        A warning is given if its answers to the stored probe sentences have moved since it was saved.

    Raises
    ------
    ArtifactError
        The folder is missing, incomplete, damaged, or of a format that this version cannot read.
    """
    folder = Path(folder)
    manifest, contents = _read(folder)
    try:
        configuration = Configuration(manifest["configuration"])
        state = json.loads(contents["state.json"])
        with np.load(io.BytesIO(contents["arrays.npz"]), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        chain = _restored(configuration, state["components"], arrays)
        pipeline = TextPipeline(configuration, manifest["metric"], manifest["seed"])
        decision = Decision(manifest["kind"], **state["decision"])
        pipeline._take(chain, decision, manifest["classes"], manifest["columns"])
        report = json.loads(contents["report.json"])
        pipeline.report = Report.from_json(report) if report is not None else None
    except (KeyError, TypeError, ValueError, ComponentError) as error:
        if isinstance(error, ArtifactError):
            raise
        raise ArtifactError(f"The pipeline in {str(folder)!r} cannot be rebuilt: {error}") from error
    _compare(pipeline, state["probes"], arrays["golden"], manifest["versions"], folder)
    return pipeline


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    if not (folder / "manifest.json").is_file():
        what = "is not a pipeline folder: it has no manifest.json" if folder.is_dir() else "does not exist"
        raise ArtifactError(f"{str(folder)!r} {what}.")
    damaged = f"The pipeline in {str(folder)!r} is damaged: "
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        stated = manifest.pop("checksum")
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        raise ArtifactError(f"{damaged}manifest.json cannot be read.") from None
    number = manifest.get("format")
    if isinstance(number, int) and number > FORMAT:
        raise ArtifactError(f"The pipeline in {str(folder)!r} has format {number}; this autotext reads up to {FORMAT}: "
                            "pip install --upgrade autotext.")
    if stated != _checksum(canonical(manifest).encode()) or set(manifest.get("files", ())) != set(FILES):
        raise ArtifactError(f"{damaged}manifest.json was changed.")
    contents = {}
    for name, stated_file in manifest["files"].items():
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError:
            raise ArtifactError(f"{damaged}{name} is missing.") from None
        if _checksum(contents[name]) != stated_file:
            raise ArtifactError(f"{damaged}{name} was changed or cut short.")
    return manifest, contents


def _restored(configuration: Configuration, parts: list[dict[str, Any]], arrays: dict[str, NDArray[Any]]) -> Chain:
    chain = Chain(configuration)
    stated = [(part["stage"], part["name"]) for part in parts]
    if stated != [(part.stage, part.name) for part in chain.components]:
        raise ArtifactError("its components do not match its configuration.")
    for number, (part, saved) in enumerate(zip(chain.components, parts, strict=True)):
        newest = component(part.stage, part.name).version
        if saved["version"] > newest:
            raise ArtifactError(f"it needs version {saved['version']} of {part.name}, this autotext has {newest}.")
        prefix = f"{number}."
        own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        part.set_state(saved["learned"], own)
    return chain


def _compare(pipeline: TextPipeline, probes: list[str], golden: NDArray[np.float64], versions: dict[str, str],
             folder: Path) -> None:
    now = pipeline.predict_proba(_probes(pipeline, probes))
    moved = float(np.abs(now - golden).max(initial=0.0)) if now.shape == golden.shape else 1.0
    if moved > _TOLERANCE:
        changed = [f"{name} {old} -> {new}" for name, new in _versions().items() if (old := versions.get(name)) != new]
        warnings.warn(f"The pipeline in {str(folder)!r} does not answer as when it was saved: probabilities moved by up to "
                      f"{moved:.2g}. Versions that changed: {', '.join(changed) or 'none'}.", stacklevel=3)
