"""Small saved pipelines, and ways to change them so that their checksums are right again."""

import copy
import io
import json
import struct
import zipfile

import numpy as np

from autotext import Evaluation, Report, TextPipeline
from autotext.fingerprint import canonical
from autotext.pipeline.folders import MANIFEST, checksum, stored_name
from autotext.untrusted import packed, read_arrays

VALUES = (None, True, -1, 0, 1, 2, 10**9, 10**30, 0.5, -1e308, 1e308, "", "x", "../x", "\ud83d", [], {}, [[]], ["a", "b"])
JSON_FILES = ("manifest.json", "state.json", "report.json")
CONFIGURATIONS = {
    "linear": ({"tokenizer": "words", "features": "word_tfidf+char_tfidf", "features.char_tfidf.min_df": 1,
                "model": "linear_svm"}, "multiclass"),
    "neighbours": ({"tokenizer": "subwords", "features": "nb_ratio", "model": "neighbours"}, "multilabel"),
    "unigram": ({"tokenizer": "subwords", "tokenizer.subwords.algorithm": "unigram", "features": "nb_ratio",
                 "model": "ridge"}, "binary"),
    "forest": ({"tokenizer": "words", "features": "word_hashing", "features.word_hashing.bits": 10,
                "model": "RandomForestClassifier", "model.RandomForestClassifier.n_estimators": 4}, "multiclass"),
    "kernel": ({"features": "char_tfidf", "model": "SVC"}, "multiclass"),
    "bernoulli": ({"features": "char_tfidf", "model": "BernoulliNB"}, "multilabel"),
}  # fmt: skip


def save_originals(folder, toy):
    """Save a small pipeline of each of the configurations, fitted on the toy task of its kind."""
    task = {"name": "t", "fingerprint": "cd", "kind": "binary", "rows": 9, "search_rows": 9, "folds": 2, "classes": 2}
    for name, (configuration, kind) in CONFIGURATIONS.items():
        fitted = TextPipeline(configuration).fit(*toy(kind))
        evaluation = Evaluation(0, configuration, "ab", "warm", "ok", 0.9, (0.8, 1.0), 1.5, {"fit": 1.0}, 10.0, 5)
        fitted.report = Report("finished", task, "accuracy", "fast", 0, 1, {"trials": 1}, (evaluation,), "ab", 0.9)
        fitted.save(folder / name)


def path_of(folder, name):
    """Where ``manifest.json``, ``state.json``, ``arrays.npz`` or ``report.json`` of a folder lies."""
    return folder / name if name == MANIFEST else folder / stored_name(json.loads((folder / MANIFEST).read_bytes()), name)


def seal(folder, manifest=None, **contents):
    """Write changed files (``state``, ``arrays``, ``report`` as bytes) and make every checksum right."""
    names = {"state": "state.json", "arrays": "arrays.npz", "report": "report.json"}
    for short in contents:
        path_of(folder, names[short]).unlink()
    manifest = manifest or json.loads((folder / MANIFEST).read_bytes())
    if isinstance(manifest.get("files"), dict):
        manifest["files"].update({names[short]: checksum(data) for short, data in contents.items()})
    manifest.pop("checksum", None)
    manifest["checksum"] = checksum(canonical(manifest).encode())
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    for short, data in contents.items():
        path_of(folder, names[short]).write_bytes(data)


def change_state(folder, change):
    """Apply a function to the JSON state and the arrays."""
    state = json.loads(path_of(folder, "state.json").read_bytes())
    arrays = read_arrays(path_of(folder, "arrays.npz").read_bytes())
    change(state, arrays)
    seal(folder, state=json.dumps(state).encode(), arrays=packed(arrays))


def mutate(folder, rng):
    """One random change of a JSON value or an array; what was changed."""
    if rng.random() < 0.5:
        return _mutate_array(folder, rng)
    name = JSON_FILES[rng.integers(len(JSON_FILES))]
    value = json.loads(path_of(folder, name).read_bytes())
    place = mutate_json(value, rng)
    if name == "manifest.json":
        seal(folder, value)
    else:
        seal(folder, **{name.removesuffix(".json"): json.dumps(value).encode()})
    return f"{name}: {place}"


def mutate_json(value, rng):
    places = list(_places(value))
    if not places:
        return "nothing, as there is nothing inside"
    parent, key = places[rng.integers(len(places))]
    how = rng.integers(4)
    if how == 0:
        del parent[key]
        return f"without {key!r}"
    if how == 1 and isinstance(parent, list):
        parent.append(copy.deepcopy(parent[key]))
        return "an entry twice"
    parent[key] = copy.deepcopy(VALUES[rng.integers(len(VALUES))])
    return f"{key!r} is {parent[key]!r}"


def _places(value):
    """Parents and keys; long lists stand for themselves by a few of their entries."""
    entries = value.items() if isinstance(value, dict) else list(enumerate(value))[:3] if isinstance(value, list) else ()
    for key, inside in list(entries):
        yield value, key
        yield from _places(inside)


def _mutate_array(folder, rng):
    arrays = read_arrays(path_of(folder, "arrays.npz").read_bytes())
    name = sorted(arrays)[rng.integers(len(arrays))]
    arrays[name] = array = _changed(arrays[name], rng)
    seal(folder, arrays=packed(arrays))
    return f"{name}: {array.dtype} {array.shape} {array.ravel()[:5]}"


def _changed(array, rng):
    how = rng.integers(8)
    if how == 0:
        return array[: len(array) // 2]
    if how == 1:
        return np.concatenate([array, array])
    if how == 2:
        return array.astype([np.float32, np.int64, np.uint8, np.bool_][rng.integers(4)])
    if how == 3:
        return array.ravel()[:0].reshape((0, *array.shape[1:]))
    if how == 4:
        return np.stack([array, array])
    changed = array.copy()
    values = [np.nan, np.inf, 1e300, -1.0] if array.dtype.kind == "f" else [-1, -2, len(array), 2**31 - 1]
    if array.size:
        changed.ravel()[rng.integers(array.size, size=1 + int(rng.integers(3)))] = np.array(
            values[rng.integers(4)]).astype(array.dtype)
    return changed[::-1] if how == 5 else changed


def rezipped(data, change):
    """The npz with the content of each member replaced by what ``change(content)`` gives."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)))
    return out.getvalue()


def added(data, name, content):
    """The npz with one more member."""
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def npy(header, content=b""):
    """A file of numpy with this header."""
    padded = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + content
