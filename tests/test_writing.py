import contextlib
import os
import stat
import threading

import pytest
from faults import ERRORS, Faults, Killed

from autotext.writing import check_file, lock, write_file


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("way", ERRORS)
@pytest.mark.parametrize("before", [b"old", None])
def test_a_file_is_as_it_was_or_as_it_shall_be_after_a_fault_at_every_operation(tmp_path, monkeypatch, before, way):
    path = tmp_path / "a.csv"
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    for at in range(1, 30):
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before)
        with monkeypatch.context() as patched:
            faults = Faults(patched, at, ERRORS[way])
            with contextlib.suppress(OSError, Killed):
                write_file(path, b"new")
        if not faults.struck:
            break
        assert (path.read_bytes() if path.exists() else None) in (before, b"new")
        write_file(path, b"newer")
        assert path.read_bytes() == b"newer"
        assert os.listdir(tmp_path) == ["a.csv"]
    assert 5 <= at < 29


def test_modes_follow_the_umask_and_then_stay(tmp_path):
    path = tmp_path / "a.csv"
    old = os.umask(0o027)
    try:
        write_file(path, b"")
        assert mode_of(path) == 0o640
        path.chmod(0o604)
        write_file(path, b"")
        assert mode_of(path) == 0o604
    finally:
        os.umask(old)


def test_links_are_followed(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_bytes(b"old")
    (tmp_path / "link.csv").symlink_to("data/a.csv")
    check_file(tmp_path / "link.csv")
    write_file(tmp_path / "link.csv", b"new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "data" / "a.csv").read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path)) == ["data", "link.csv"]


@pytest.mark.parametrize(("name", "message"), [
    ("link.csv", "it is a link to 'nowhere', which does not exist"),
    ("a b/c.csv", r"no folder '.*/a b' \(mkdir -p '.*/a b' makes"),
    ("folder", "Is a directory"), ("pipe", "it is not a plain file"), ("file/a.csv", "Not a directory")])
def test_what_cannot_be_written_is_refused_early_and_late(tmp_path, name, message):
    (tmp_path / "link.csv").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine", "utf-8")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OSError, match=message):
        check_file(tmp_path / name)
    if name != "pipe":
        with pytest.raises(OSError, match=message):
            write_file(tmp_path / name, b"")
    assert sorted(tmp_path.rglob("*")) == before


def test_only_temporary_names_are_cleaned(tmp_path):
    mine = [".autotext-notes.tmp", ".autotext-0123456789abcdef", "autotext-0123456789abcdef.tmp",
            ".autotext-0123456789ABCDEF.tmp"]
    for name in (*mine, ".autotext-0123456789abcdef.tmp"):
        (tmp_path / name).write_bytes(b"")
    write_file(tmp_path / "a.csv", b"")
    assert sorted(os.listdir(tmp_path)) == sorted([*mine, "a.csv"])


def test_many_may_write_one_file(tmp_path):
    failures = []

    def write(data):
        try:
            for _ in range(20):
                write_file(tmp_path / "a.csv", data * 1000)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=[data]) for data in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert set((tmp_path / "a.csv").read_bytes()) in ({97}, {98}, {99})
    assert os.listdir(tmp_path) == ["a.csv"]


def test_a_lock_is_held_until_it_is_closed(tmp_path):
    first, second = os.open(tmp_path, os.O_RDONLY), os.open(tmp_path, os.O_RDONLY)
    assert lock(first)
    assert not lock(second, wait=False)
    os.close(first)
    assert lock(second, wait=False)
    os.close(second)
