"""Where the command line writes: settled before any work, never over what it reads, never lost after a search."""

import os
import re
import stat
import tempfile

import pytest
from conftest import toy
from faults import ERRORS, Faults

from autotext import Budget, StorageError, TextPipeline, load_pipeline, optimize_pipeline
from autotext.cli import main as cli
from autotext.search.storage import Storage, check_storage

CONFIGURATION = {"features": "char_tfidf", "model": "ridge"}


@pytest.fixture(scope="module")
def pipeline():
    return TextPipeline(CONFIGURATION).fit(*toy("binary"))


@pytest.fixture
def folder(tmp_path, monkeypatch, pipeline):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.csv").write_text("text\nso lovely\nso awful\n", "utf-8")
    pipeline.save(tmp_path / "model")
    return tmp_path


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def nothing_may_be_read(*_, **__):
    raise AssertionError("it was read before the place was looked at")


@pytest.mark.parametrize(("command", "out", "message"), [
    ("optimize", "a b/model", r"no folder 'a b' \(mkdir -p 'a b' makes it\).*--out"),
    ("optimize", ".", r"holds 'dangling', 'dangling\.csv', 'model' and 1 more, which is no part of a pipeline.*--out"),
    ("optimize", "new.csv", r"'new\.csv' is a file.*--out"),
    ("optimize", "dangling", "a link to 'nowhere', which does not exist.*--out"),
    ("demo", "a/model", "no folder 'a'.*--out"),
    ("export", "a/model", "no folder 'a'.*--out"),
    ("export", "model", r"holds .* which is no part.*--out"),
    ("predict", "a/out.csv", r"no folder 'a' \(mkdir -p a makes it\).*--out"),
    ("predict", "dangling.csv", "a link to 'nowhere', which does not exist.*--out"),
])
def test_a_place_that_cannot_be_used_is_refused_before_anything_is_read(folder, capsys, monkeypatch, command, out, message):
    for name in ("Task.read", "load_pipeline", "_search"):
        monkeypatch.setattr(f"autotext.cli.main.{name}", nothing_may_be_read)
    (folder / "dangling").symlink_to("nowhere")
    (folder / "dangling.csv").symlink_to("nowhere")
    before = sorted(folder.rglob("*"))
    arguments = {"optimize": ["new.csv"], "demo": [], "export": ["model"], "predict": ["model", "new.csv"]}[command]
    assert re.search(message, refused(capsys, command, *arguments, "--out", out))
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("out", ["new.csv", "./new.csv", "link.csv", "hard.csv", "ABSOLUTE"])
@pytest.mark.parametrize("reader", ["new.csv", "link.csv"])
def test_predict_does_not_write_over_what_it_reads(folder, capsys, out, reader):
    (folder / "link.csv").symlink_to("new.csv")
    os.link(folder / "new.csv", folder / "hard.csv")
    before = (folder / "new.csv").read_bytes()
    said = refused(capsys, "predict", "model", reader, "--out", str(folder / "new.csv") if out == "ABSOLUTE" else out)
    assert re.search(r"\.csv' is the file that is read, '(new|link)\.csv'; choose another file with --out", said)
    assert (folder / "new.csv").read_bytes() == before


def test_earlier_predictions_are_replaced_as_a_whole(folder, capsys, monkeypatch):
    (folder / "out.csv").write_text("old", "utf-8")
    (folder / "out.csv").chmod(0o600)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        said = refused(capsys, "predict", "model", "new.csv", "--out", "out.csv")
    assert "Cannot write 'out.csv': No space left on device" in said
    assert (folder / "out.csv").read_text("utf-8") == "old"
    assert sorted(os.listdir(folder)) == ["model", "new.csv", "out.csv"]
    cli.main(["predict", "model", "new.csv", "--out", "out.csv"])
    assert (folder / "out.csv").read_text("utf-8-sig").startswith("text,label,score\n")
    assert stat.S_IMODE((folder / "out.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize("command", [["demo"], ["optimize", "new.csv"]])
def test_a_pipeline_that_cannot_be_saved_after_its_search_is_not_lost(folder, pipeline, capsys, monkeypatch, command):
    def search(*_):
        (folder / "out" / "late.txt").parent.mkdir()
        (folder / "out" / "late.txt").write_text("mine", "utf-8")
        return pipeline

    monkeypatch.setattr(cli, "_search", search)
    monkeypatch.setattr(cli.Task, "read", lambda *_, **__: None)
    monkeypatch.setattr("autotext.datasets.docstrings", lambda: None)
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "temporary"))
    assert re.search(r"holds 'late\.txt'.* Nor could it be saved in the temporary folder: No such file",
                     refused(capsys, *command, "--out", "out"))
    (folder / "temporary").mkdir()
    (folder / "out" / "late.txt").unlink()
    (folder / "out").rmdir()
    said = refused(capsys, *command, "--out", "out")
    assert re.search(r"holds 'late\.txt'.* It was saved in '.*temporary/autotext-\w+' instead\.$", said)
    assert load_pipeline(said.split("'")[-2]).predict(["so lovely"])


def test_the_search_is_not_kept_in_the_folder_of_the_pipeline(folder, capsys, monkeypatch):
    monkeypatch.setattr("autotext.cli.main.Task.read", nothing_may_be_read)
    (folder / "out").mkdir()
    for storage in ("out", "./out/", "out/search"):
        assert "lies in --out out" in refused(capsys, "optimize", "new.csv", "--out", "out", "--storage", storage)
    said = refused(capsys, "optimize", "new.csv", "--out", "out", "--storage", "a/search")
    assert "no folder 'a' (mkdir -p a makes it)" in said


def test_a_folder_for_a_search_is_made_but_none_above_it(folder, monkeypatch):
    with pytest.raises(StorageError, match=r"Cannot keep the search in '.*': there is no folder .*mkdir -p"):
        optimize_pipeline(toy("binary"), storage=folder / "a" / "b", budget=Budget(seconds=None, trials=1), workers=1)
    assert not (folder / "a").exists()
    with pytest.raises(StorageError, match="Not a directory"):
        check_storage(folder / "new.csv")
    assert check_storage(folder / "search") == folder / "search"
    assert not (folder / "search").exists()
    # What a killed call left half written does not make the folder another's.
    (folder / "search").mkdir()
    (folder / "search" / ".autotext-0123456789abcdef.tmp").write_bytes(b"{")
    Storage(folder / "search", {"seed": 0}).close()
    assert sorted(os.listdir(folder / "search")) == ["evaluations.jsonl", "out-of-fold", "search.json"]
    with monkeypatch.context() as patched:
        Faults(patched, 1, ERRORS["full disk"])
        with pytest.raises(StorageError, match="No space left on device"):
            check_storage(folder / "search")
