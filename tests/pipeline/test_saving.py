"""What a save may touch, and what stands in the folder whenever it ends."""

import json
import os
import shutil
import stat
import threading
from pathlib import Path

import pytest
from faults import ERRORS, Faults, Killed
from pipeline.tampering import seal

from autotext import ArtifactError, TextPipeline, load_pipeline
from autotext.pipeline.folders import FILES, MANIFEST, checksum, read_folder, stored_name
from autotext.pipeline.saving import check_target, filled_folder, write_folder

FORMAT_1 = Path(__file__).parent.parent / "golden" / "format-1"
TEXTS = ["so good", "very good", "so nice", "very bad", "so bad", "too poor"] * 2
LABELS = ["+", "+", "+", "-", "-", "-"] * 2
CONFIGURATION = {"tokenizer": "words", "features": "word_tfidf", "model": "ridge"}
# What write_folder takes; what it means does not matter to it.
OLD, NEW = [({"kind": kind}, {name: kind.encode() * 500 for name in FILES}) for kind in ("old", "new")]


@pytest.fixture(autouse=True)
def fast_disk(monkeypatch):
    """Waiting for the disk takes most of the time and cannot be seen by a process that goes on."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="module")
def pipeline():
    return TextPipeline({**CONFIGURATION, "model": "logistic"}).fit(TEXTS, LABELS)


@pytest.fixture
def saved(pipeline, tmp_path):
    return pipeline.save(tmp_path / "saved")


def content(folder):
    """Every file below a folder by its path, links as such."""
    return {str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file()}


def whole(folder):
    """Whether the folder holds the files of one pipeline and nothing else."""
    manifest, _ = read_folder(folder)
    return set(os.listdir(folder)) == {MANIFEST, *(stored_name(manifest, name) for name in FILES)}


def test_a_folder_of_the_first_format_loads_and_is_replaced(pipeline, tmp_path):
    folder = shutil.copytree(FORMAT_1, tmp_path / "saved")
    loaded = load_pipeline(folder)
    assert list(loaded.predict(TEXTS[:6])) == LABELS[:6]
    assert loaded.predict_proba(["so good", "bad"])[:, 0] == pytest.approx([0.9992394, 7.0226e-05], abs=1e-6)
    assert loaded.report.chosen == "ab"
    pipeline.save(folder)
    assert load_pipeline(folder).configuration["model"] == "logistic"
    assert whole(folder)


@pytest.mark.parametrize("way", ERRORS)
@pytest.mark.parametrize("before", ["a pipeline", "the first format", "the same pipeline", "nothing"])
def test_a_whole_pipeline_stands_after_a_fault_at_every_operation(tmp_path, monkeypatch, before, way):
    """Old or new; nothing of the user's is touched, a failed save leaves nothing, and the next one cleans up."""
    folder = tmp_path / "saved"
    mine = {"notes.txt": b"mine", "saved.old/manifest.json": b"{}", ".autotext-0123456789abcdef.tmp": b"in another folder"}
    for name, data in mine.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    struck = 0
    for at in range(1, 100):
        shutil.rmtree(folder, ignore_errors=True)
        if before == "the first format":
            shutil.copytree(FORMAT_1, folder)
        elif before != "nothing":
            write_folder(folder, *(OLD if before == "a pipeline" else NEW))
        old = content(folder)
        with monkeypatch.context() as patched:
            faults = Faults(patched, at, ERRORS[way])
            try:
                write_folder(folder, *NEW)
                said = ""
            except (ArtifactError, Killed) as error:
                said = str(error)
        if not faults.struck:
            break
        struck += 1
        now = content(folder)
        if before == "nothing" and MANIFEST not in now:
            assert not folder.exists() or way == "kill" or faults.calls[at - 1][0] in ("rmdir", "unlink", "scandir")
        elif now.get(MANIFEST) == old.get(MANIFEST):
            assert {name: now[name] for name in old} == old
        else:
            assert read_folder(folder)[1] == NEW[1]
        assert way == "kill" or not said or os.strerror(ERRORS[way]) in said
        assert {name: (tmp_path / name).read_bytes() for name in mine} == mine
        write_folder(folder, *NEW)
        assert whole(folder)
    assert 25 <= struck < 99


def test_nothing_outside_the_folder_is_written(tmp_path, monkeypatch):
    folder = tmp_path / "saved"
    write_folder(folder, *OLD)
    with monkeypatch.context() as patched:
        faults = Faults(patched, 10**6)
        write_folder(folder, *NEW)
    assert len(faults.calls) > 20
    paths = [path for name, path in faults.calls if name not in ("fsync", "write")]
    assert all(Path(path).is_relative_to(folder) for path in paths)


OTHERS = {"a web app": ({"manifest.json": '{"name": "shop", "icons": []}', "src/app.js": "x"}, r"holds a manifest\.json that"),
          "a web app without sources": ({"manifest.json": '{"name": "shop", "icons": []}'}, r"holds a manifest\.json that"),
          "files": ({"thesis.txt": "x", "b": "", "c": "", "d": ""}, "holds 'b', 'c', 'd' and 1 more, which is no part"),
          "an empty file": ({"empty": ""}, "holds 'empty', which is no part of a pipeline; choose a new or empty folder"),
          "names like those of saves": ({".autotext-notes.tmp": "x", "state-mine.json": "x"}, r"'\.autotext-notes\.tmp'"),
          "content of the first format": ({"report.json": "{}"}, r"'report\.json'")}
BESIDE = {"notes": ({"NOTES.md": "x"}, r"'NOTES\.md'"), "a sub-folder": ({"figures/a.png": "x"}, "'figures'"),
          "a repository": ({".git/config": "x"}, r"'\.git'"),
          "names of the first format": ({"state.json": "{}", "arrays.npz": "x"}, r"'arrays\.npz', 'state\.json'")}


def put(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


@pytest.mark.parametrize("case", OTHERS)
def test_a_folder_with_something_else_is_refused_and_left_alone(pipeline, tmp_path, case):
    files, message = OTHERS[case]
    put(tmp_path / "mine", files)
    before = content(tmp_path)
    for attempt in (pipeline.save, check_target):
        with pytest.raises(ArtifactError, match=message):
            attempt(tmp_path / "mine")
    assert content(tmp_path) == before


@pytest.mark.parametrize(("case", "first_format"), [*((case, False) for case in BESIDE), ("notes", True)])
def test_what_lies_beside_a_pipeline_is_named_and_left_alone(pipeline, saved, case, first_format):
    files, message = BESIDE[case]
    if first_format:
        shutil.rmtree(saved)
        shutil.copytree(FORMAT_1, saved)
    put(saved, files)
    before = content(saved)
    with pytest.raises(ArtifactError, match=f"{message}, which is no part"):
        pipeline.save(saved)
    assert content(saved) == before
    assert load_pipeline(saved)


@pytest.mark.parametrize("change", ["cut", "changed", "empty", "a newer format", "a link", "a folder"])
def test_a_manifest_that_cannot_be_read_is_not_replaced(pipeline, saved, change):
    path = saved / MANIFEST
    data = path.read_bytes()
    if change == "a newer format":
        seal(saved, {**json.loads(data), "format": 99})
    elif change in ("a link", "a folder"):
        path.rename(saved.parent / "elsewhere.json")
        path.mkdir() if change == "a folder" else path.symlink_to(saved.parent / "elsewhere.json")
    else:
        path.write_bytes({"cut": data[:-9], "changed": data.replace(b"binary", b"Binary"), "empty": b""}[change])
    before = content(saved.parent)
    with pytest.raises(ArtifactError, match=r"manifest\.json that cannot be read as that of a pipeline; .*by hand"):
        pipeline.save(saved)
    assert content(saved.parent) == before


def test_a_pipeline_whose_content_is_damaged_is_replaced(pipeline, saved):
    for path in saved.glob("arrays-*.npz"):
        path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ArtifactError, match="damaged"):
        load_pipeline(saved)
    pipeline.save(saved)
    assert load_pipeline(saved)
    assert whole(saved)


def test_the_folder_itself_stays(pipeline, saved, monkeypatch):
    """Be it the working folder, one that a link leads to, or one that something else holds open."""
    other = TextPipeline(CONFIGURATION).fit(TEXTS, LABELS)
    number = saved.stat().st_ino
    monkeypatch.chdir(saved)
    other.save(".")
    assert load_pipeline(".").configuration["model"] == "ridge"
    link = saved.parent / "link"
    link.symlink_to("saved")
    pipeline.save(link)
    assert link.is_symlink()
    assert load_pipeline(saved).configuration["model"] == "logistic"
    assert saved.stat().st_ino == number
    assert sorted(os.listdir(saved.parent)) == ["link", "saved"]


NO_PLACES = {"a file": ("file", "'file' is a file, and a pipeline is saved as a folder"),
             "below a file": ("file/saved", "Not a directory"),
             "a dangling link": ("link", "it is a link to 'nowhere', which does not exist"),
             "a loop": ("loop", "it is a link to 'loop', which does not exist"),
             "no parent": ("a b/c/saved", r"there is no folder 'a b/c' \(mkdir -p 'a b/c' makes it\)"),
             "a parent that leads nowhere": ("link/saved", "there is no folder 'link'")}


@pytest.mark.parametrize("case", NO_PLACES)
def test_what_cannot_become_a_folder_is_refused_early_and_late(pipeline, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine", "utf-8")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    place, message = NO_PLACES[case]
    before = content(tmp_path)
    for attempt in (pipeline.save, check_target):
        with pytest.raises(ArtifactError, match=message):
            attempt(Path(place))
    assert content(tmp_path) == before


@pytest.mark.parametrize("before", ["a pipeline", "nothing"])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_done(tmp_path, monkeypatch, before):
    """Found by trying, as rights do not bind root, nor tell of a disk that is mounted read-only."""
    if before == "a pipeline":
        write_folder(tmp_path / "saved", *OLD)
    listed = content(tmp_path)
    with monkeypatch.context() as patched:
        faults = Faults(patched, 10**6)
        check_target(tmp_path / "saved")
        created = [number for number, (name, _) in enumerate(faults.calls, 1) if name == "create"]
    assert len(created) == 1
    with monkeypatch.context() as patched:
        Faults(patched, created[0], ERRORS["no right"])
        with pytest.raises(ArtifactError, match="Permission denied"):
            check_target(tmp_path / "saved")
    assert content(tmp_path) == listed


def test_leftovers_of_killed_saves_go_with_the_next_one(pipeline, saved):
    put(saved, {"state-0123456789abcdef.json": "{}", "arrays-0123456789abcdef.npz": "x", ".autotext-0123456789abcdef.tmp": "x",
                ".autotext-fedcba9876543210.tmp/model.safetensors": "x"})
    assert load_pipeline(saved)
    check_target(saved)
    pipeline.save(saved)
    assert whole(saved)


def test_the_umask_holds(pipeline, tmp_path):
    old = os.umask(0o027)
    try:
        pipeline.save(tmp_path / "saved")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "saved").stat().st_mode) == 0o750
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "saved").iterdir()} == {0o640}


def test_who_reads_while_others_save_gets_a_whole_pipeline(tmp_path):
    folder = tmp_path / "saved"
    write_folder(folder, *OLD)
    failures, seen, stop = [], set(), threading.Event()

    def read():
        while not stop.is_set():
            try:
                manifest, contents = read_folder(folder)
                seen.add(manifest["kind"])
                assert contents == {"old": OLD, "new": NEW}[manifest["kind"]][1]
            except BaseException as error:
                failures.append(error)
                return

    def save(which):
        try:
            for _ in range(20):
                write_folder(folder, *which)
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    savers = [threading.Thread(target=save, args=[which]) for which in (OLD, NEW)]
    for thread in (*readers, *savers):
        thread.start()
    for thread in savers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert not failures
    assert seen == {"old", "new"}
    assert whole(folder)


def test_a_manifest_cannot_make_a_save_remove_other_files(pipeline, saved):
    (saved.parent / "mine.txt").write_text("mine", "utf-8")
    (saved / "report.json").write_text("mine", "utf-8")
    seal(saved, {**json.loads((saved / MANIFEST).read_bytes()),
                 "replaced": {"../mine.txt": checksum(b"mine"), "report.json": checksum(b"other")}})
    with pytest.raises(ArtifactError, match=r"'report\.json', which is no part"):
        pipeline.save(saved)
    (saved / "report.json").unlink()
    pipeline.save(saved)
    assert (saved.parent / "mine.txt").read_text("utf-8") == "mine"
    seal(saved, {**json.loads((saved / MANIFEST).read_bytes()), "replaced": [[]]})
    pipeline.save(saved)
    assert whole(saved)


@pytest.mark.parametrize("way", ERRORS)
@pytest.mark.parametrize("before", ["nothing", "an empty folder"])
def test_a_folder_that_someone_else_fills_comes_whole_or_not(tmp_path, monkeypatch, before, way):
    folder = tmp_path / "out"
    for at in range(1, 60):
        shutil.rmtree(folder, ignore_errors=True)
        if before == "an empty folder":
            folder.mkdir()
        with monkeypatch.context() as patched:
            faults = Faults(patched, at, ERRORS[way])
            try:
                with filled_folder(folder, "config.json") as inside:
                    put(inside, {"config.json": "c", "model.bin": "m"})
            except (ArtifactError, Killed, OSError):
                pass
        if not faults.struck:
            break
        if (folder / "config.json").exists():
            assert (folder / "model.bin").read_text("utf-8") == "m"
    assert 8 <= at < 59
    assert content(folder) == {"config.json": b"c", "model.bin": b"m"}
    with pytest.raises(ArtifactError, match=r"holds 'config\.json', 'model\.bin', which is no part"):
        check_target(folder, replace=False)
