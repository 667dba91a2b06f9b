"""A generator of hostile folders of searches: one is changed at random, and its checksums are made right again."""

import io
import json
import os
import shutil

import numpy as np
from pipeline.hostile import anything, pick
from pipeline.tampering import mutate_json

from autotext.search.storage import _checksum, _encode_line

FIELDS = ("number", "configuration", "fingerprint", "origin", "status", "score", "fold_scores", "seconds", "stage_seconds",
          "memory_mib", "size", "foreseen", "error", "more")
NAMES = ("../../x", "/etc/passwd", "a\0b", "x" * 5000, "", "0" * 16)


def _lines(folder):
    return [json.loads(line) for line in (folder / "evaluations.jsonl").read_bytes().splitlines()]


def _write(folder, documents):
    for document in documents:
        if isinstance(document, dict):
            document.pop("checksum", None)
    data = [_encode_line(document) if isinstance(document, dict) else json.dumps(document).encode() + b"\n"
            for document in documents]
    (folder / "evaluations.jsonl").write_bytes(b"".join(data))


def values(folder, rng):
    """One value of a line."""
    documents = _lines(folder)
    said = mutate_json(pick(rng, documents), rng)
    _write(folder, documents)
    return said


def fields(folder, rng):
    """One field of an evaluation, or what stands beside it."""
    documents = _lines(folder)
    chosen = pick(rng, documents)
    name = pick(rng, FIELDS)
    evaluation = pick(rng, chosen["evaluations"])
    how = int(rng.integers(4))
    if how == 0:
        evaluation.pop(name, None)
    elif how == 1:
        chosen["proposed"][pick(rng, ("asked", "proposed", "warm", "more"))] = anything(rng)
    elif how == 2:
        other = pick(rng, NAMES)
        if evaluation["fingerprint"] in chosen["arrays"]:
            chosen["arrays"][other] = chosen["arrays"].pop(evaluation["fingerprint"])
        evaluation["fingerprint"] = other
    else:
        evaluation[name] = anything(rng)
    _write(folder, documents)
    return f"{name}, {how}"


def text(folder, rng):
    """Lines that no writer would write."""
    lines = (folder / "evaluations.jsonl").read_bytes().splitlines(keepends=True)
    made = pick(rng, (b"[" * 200_000, b'{"a":' * 200_000, b"NaN", b"\0" * 1000, b"\xff\xfe", b"{}", b"5", b'{"checksum": 1}',
                      b"", b'{"checksum": "x", "checksum": "y"}', b"9" * 10**5, b"1e999", b"[" + b"[]," * 10**6 + b"[]]"))
    place = int(rng.integers(len(lines) + 1))
    if rng.random() < 0.5:
        lines.insert(place, made + b"\n")
    else:
        lines[place:] = [made]
    (folder / "evaluations.jsonl").write_bytes(b"".join(lines))
    return f"line {place}: {made[:30]!r}"


def arrays(folder, rng):
    """Arrays of another kind, shape or content, under checksums that are right."""
    documents = _lines(folder)
    chosen = pick(rng, [document for document in documents if document["arrays"]])
    name = pick(rng, sorted(chosen["arrays"]))
    ending = int(rng.integers(2))
    path = folder / "out-of-fold" / f"{name}{('', '.margins')[ending]}.npy"
    old = np.load(path) if path.exists() else np.zeros(3, np.uint8)
    how = int(rng.integers(7))
    new = (np.array([{"a": 1}], dtype=object), np.zeros((2, 2)), old[:-1], old.astype(np.float64), np.full_like(old, 120),
           np.zeros((0, 5), old.dtype), old)[how]
    buffer = io.BytesIO()
    np.save(buffer, new, allow_pickle=True)
    data = buffer.getvalue()
    if how == 6:
        shape = pick(rng, ("(1000000000000,)", "(-1,)", "(0, 1000000000000)", "(((1,),),)"))
        header = ("{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }").ljust(117) + "\n"
        data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    path.write_bytes(data)
    chosen["arrays"][name][ending] = _checksum(data)
    _write(folder, documents)
    return f"{path.name}: {how}"


def place(folder, rng):
    """Something else in the place of a file, or beside it."""
    path = folder / pick(rng, ("search.json", "evaluations.jsonl", "out-of-fold", "optuna.journal", "out-of-fold/" + pick(
        rng, sorted(os.listdir(folder / "out-of-fold")))))
    how = pick(rng, ("pipe", "link", "device", "folder", "gone", "text", "deep"))
    kept = folder.with_name("elsewhere")
    if path.exists():
        shutil.move(path, kept)
    if how == "pipe":
        os.mkfifo(path)
    elif how == "link":
        path.symlink_to(kept)
    elif how == "device":
        path.symlink_to("/dev/zero")
    elif how == "folder":
        path.mkdir()
    elif how in ("text", "deep"):
        path.write_text({"text": "x", "deep": "[" * 200_000}[how], "utf-8")
    return f"{path.name}: {how}"


def identity(folder, rng):
    """Another search.json."""
    value = json.loads((folder / "search.json").read_bytes())
    said = mutate_json(value, rng)
    (folder / "search.json").write_text(json.dumps(value), "utf-8")
    return said


GENERATORS = {"values": values, "fields": fields, "text": text, "arrays": arrays, "files": place, "identity": identity}


def hostile(original, folder, rng, kind):
    """A hostile folder, from one of a search; what was changed."""
    shutil.copytree(original, folder)
    return GENERATORS[kind](folder, rng)
