"""Files of a pipeline that lead elsewhere, never end, grow when they are opened, or say a thing twice: refused unopened."""

import io
import json
import os
import shutil
import struct
import time
import zipfile
import zlib

import numpy as np
import psutil
import pytest
from conftest import toy
from pipeline.tampering import CONFIGURATIONS, added, npy, path_of, rezipped, seal

from autotext import ArtifactError, TextPipeline, load_pipeline, untrusted
from autotext.pipeline.folders import FILES, checksum
from autotext.untrusted import packed, read_arrays

TEXTS = [*toy("multiclass")[0][:6], "", "\0", "한국어", "zz " * 50]


@pytest.mark.parametrize("name", ["../../x.npy", "/tmp/x.npy", "..npy", "a/b.npy", "a\\b.npy", "C:x.npy", "x.pkl"])
def test_members_that_lead_elsewhere_are_refused(copied, tmp_path, name):
    folder = copied()
    seal(folder, arrays=added(path_of(folder, "arrays.npz").read_bytes(), name, npy("{}")))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ArtifactError, match=r"arrays\.npz: .*not allowed"):
        load_pipeline(folder)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("names", [["../x"], ["state.json", "arrays.npz", "../x"], ["/etc/passwd"], [], None, 5])
def test_only_the_files_of_the_folder_are_read(copied, tmp_path, names):
    folder = copied()
    (tmp_path / "x").write_text("{}", "utf-8")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"] = dict.fromkeys(names, checksum(b"{}")) if isinstance(names, list) else names
    seal(folder, manifest)
    with pytest.raises(ArtifactError, match=r"damaged: manifest\.json was changed"):
        load_pipeline(folder)


def test_bombs_are_refused_before_they_are_opened(copied):
    folder = copied()
    data = path_of(folder, "arrays.npz").read_bytes()
    started = time.monotonic()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("golden.npy", "w") as file:
        for _ in range(256):
            file.write(bytes(2**20))
    huge = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }", bytes(64))
    overflow = npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**62}, 4), }}")
    nested = npy("{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 900 + ")" * 900 + ", }")
    long = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }" + " " * 60000, bytes(8))
    # Says that it is not compressed and 1 GiB long.
    lying = bytearray(packed({"golden": np.zeros(4)}))
    central = lying.rindex(b"PK\x01\x02")
    lying[central + 20 : central + 28] = struct.pack("<II", 2**30, 2**30)
    # Says that it is 1 MiB long where it is 4 bytes, or that it is shorter than it is.
    short = bytearray(packed({"golden": np.zeros(10_000)}))
    central = short.rindex(b"PK\x01\x02")
    assert struct.unpack("<II", short[central + 20 : central + 28])[0] < 1000
    long_claim, short_claim = bytearray(short), bytearray(short)
    long_claim[central + 24 : central + 28] = struct.pack("<I", 2**20)
    short_claim[central + 24 : central + 28] = struct.pack("<I", 1000)
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("golden.npy", bytes(2**20))
    for arrays, why in (
        (out.getvalue(), "compressed members hold more than 64 MiB"),
        (other.getvalue(), "compressed or encrypted in a way that these never are"),
        (bytes(long_claim), "its size says otherwise"),
        (bytes(short_claim), "Bad CRC-32"),
        (rezipped(data, lambda old: huge), "its size says otherwise"),
        (rezipped(data, lambda old: overflow), "its size says otherwise"),
        (rezipped(data, lambda old: nested), ""),
        (rezipped(data, lambda old: long), "[Hh]eader"),
        (bytes(lying), "overlap"),
        (zlib.compress(data), "not a zip file"),
    ):
        seal(folder, arrays=arrays)
        with pytest.raises(ArtifactError, match=rf"cannot be rebuilt: arrays\.npz: .*{why}"):
            load_pipeline(folder)
    assert time.monotonic() - started < 10


def test_members_that_share_bytes_are_refused():
    once = packed({f"a{number:02}": np.zeros(1000) for number in range(20)})
    assert len(read_arrays(once)) == 20
    start = once.index(b"PK\x01\x02")
    entry = once[start : once.index(b"PK\x01\x02", start + 4)]
    entries = [entry.replace(b"a00.npy", f"a{number:02}.npy".encode()) for number in range(20)]
    directory = b"".join(entries)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 20, 20, len(directory), 8300, 0)
    with pytest.raises((ValueError, zipfile.BadZipFile)):
        read_arrays(once[:8300] + directory + end)


@pytest.mark.parametrize("file", ["manifest", "state", "report"])
def test_json_that_is_deep_huge_or_no_number_is_refused(copied, file):
    name = {"manifest": "manifest.json", "state": "state.json", "report": "report.json"}[file]
    for text in ("[" * 100_000 + "]" * 100_000, '{"a":' * 100_000, '{"a": NaN}', "[" + "[]," * 3_100_000 + "[]]", "\xff", ""):
        folder = copied()
        if file == "manifest":
            (folder / name).write_text(text, "latin-1")
        else:
            seal(folder, **{file: text.encode("latin-1")})
        with pytest.raises(ArtifactError, match=name):
            load_pipeline(folder)


@pytest.mark.parametrize("name", ["manifest.json", *FILES])
def test_files_that_would_fill_the_memory_or_never_end_are_not_opened(copied, name):
    folder = copied()
    path = path_of(folder, name)
    with open(path, "ab") as file:
        file.truncate(2**42)
    with pytest.raises(ArtifactError, match=rf"{path.name} has 4,194,304 MiB, more than"):
        load_pipeline(folder)


def _linked(path):
    shutil.move(path, path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


NO_PLAIN_FILES = {
    "a link to a device": (lambda path: path.unlink() or path.symlink_to("/dev/zero"), "is a link, .* cp -rL"),
    "a link to what was saved": (_linked, "is a link, .* cp -rL"),
    "a dangling link": (lambda path: path.unlink() or path.symlink_to("nowhere"), "is a link, .* cp -rL"),
    "a pipe": (lambda path: path.unlink() or os.mkfifo(path), "is not a plain file"),
    "a folder": (lambda path: path.unlink() or path.mkdir(), "is not a plain file"),
}


@pytest.mark.parametrize("name", ["manifest.json", *FILES])
@pytest.mark.parametrize("way", NO_PLAIN_FILES)
def test_what_is_no_plain_file_of_the_folder_is_not_read(copied, name, way):
    folder = copied()
    change, why = NO_PLAIN_FILES[way]
    path = path_of(folder, name)
    change(path)
    with pytest.raises(ArtifactError, match=f"{path.name} {why}"):
        load_pipeline(folder)


def test_other_files_in_the_folder_are_not_read(copied):
    folder = copied()
    os.mkfifo(folder / "pipe")
    (folder / "NOTES.md").write_text("mine", "utf-8")
    (folder / "link").symlink_to("/dev/zero")
    (folder / "config.json").write_text('{"auto_map": {"AutoModel": "evil.Model"}}', "utf-8")
    assert len(load_pipeline(folder).predict(TEXTS)) == len(TEXTS)


@pytest.mark.parametrize("file", ["manifest", "state", "report"])
def test_a_key_that_stands_twice_is_refused(copied, file):
    folder = copied()
    text = path_of(folder, f"{file}.json").read_text("utf-8").rstrip().removesuffix("}") + ', "format": 1, "format": 1}'
    if file == "manifest":
        (folder / "manifest.json").write_text(text, "utf-8")
    else:
        seal(folder, **{file: text.encode()})
    with pytest.raises(ArtifactError, match=f"{file}.json.*the key 'format' stands twice"):
        load_pipeline(folder)


@pytest.mark.parametrize("number", [True, 1.0, "1", None, [1], 0, -1])
def test_a_format_that_is_no_such_number_is_refused(copied, number):
    folder = copied()
    seal(folder, {**json.loads((folder / "manifest.json").read_bytes()), "format": number})
    with pytest.raises(ArtifactError, match=r"manifest\.json was changed"):
        load_pipeline(folder)


def test_more_members_than_a_pipeline_has_are_refused_before_they_are_listed(copied):
    folder = copied()
    arrays = dict.fromkeys([f"a{number}" for number in range(20_001)], np.zeros(0))
    seal(folder, arrays=packed(arrays))
    with pytest.raises(ArtifactError, match=r"arrays\.npz: it has more than 20,000 members"):
        load_pipeline(folder)


@pytest.mark.parametrize(("file", "grows"), [("arrays.npz", 8), ("state.json", 20)])
def test_what_memory_could_not_hold_is_not_read(copied, monkeypatch, file, grows):
    folder = copied()
    seal(folder, **{file.split(".")[0]: bytes(10**6)})
    memory = psutil.virtual_memory()
    for free, why in ((10**6 * grows - 1, "more than the 1 MiB that can be read with the memory"), (10**6 * grows, "rebuilt")):
        monkeypatch.setattr(psutil, "virtual_memory", lambda free=free: memory._replace(available=free))
        with pytest.raises(ArtifactError, match=why):
            load_pipeline(folder)


def test_what_cannot_be_read_again_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(untrusted, "JSON_BYTES", 1000)
    with pytest.raises(ArtifactError, match=r"state\.json would have 0 MiB, too much to be read again"):
        TextPipeline(CONFIGURATIONS["linear"][0]).fit(*toy("binary")).save(tmp_path / "saved")
    assert not list(tmp_path.iterdir())


def test_a_file_is_told_that_there_is_no_zip_form(copied, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "pipeline"), "zip", copied())
    with pytest.raises(ArtifactError, match=r"pipeline\.zip' is a file; a pipeline is saved as a folder"):
        load_pipeline(archive)
