"""The commands about what earlier searches found."""

import pytest

from autotext import Experience
from autotext.cli.main import main
from autotext.evaluation import Evaluation
from autotext.meta import ExperienceFolder, PriorTask


@pytest.fixture
def folder(tmp_path):
    folder = ExperienceFolder(tmp_path / "mine")
    for name, score in (("mails", 0.8), ("notes", 0.7)):
        values = {"features": "char_tfidf", "model": "ridge"}
        folder.add(PriorTask(name, name, f"rows of {name}", "accuracy", {}), [
            Evaluation(0, values, "a", "search", "ok", score, seconds=1.0),
            Evaluation(1, {**values, "model": "sgd"}, "b", "search", "failed")])
    return folder


def said(capsys, *arguments):
    main(["experience", *map(str, arguments)])
    return capsys.readouterr().out


def test_show_names_tasks_results_and_the_best(folder, capsys):
    lines = said(capsys, "show", folder.path).splitlines()
    assert lines[0].split() == ["results", "best", "metric", "task", "best", "pipeline"]
    assert sorted(line.split() for line in lines[1:]) == [
        ["2", "0.7000", "accuracy", "notes", "char_tfidf", ">", "ridge"],
        ["2", "0.8000", "accuracy", "mails", "char_tfidf", ">", "ridge"]]


def test_export_and_merge_give_the_results_to_others(folder, tmp_path, capsys):
    assert "4 results of 2 tasks" in said(capsys, "export", folder.path, "--out", tmp_path / "for-others.json")
    assert {task.name for task in Experience.read(tmp_path / "for-others.json").tasks} == {"rows of mails", "rows of notes"}
    said(capsys, "export", folder.path, "--out", tmp_path / "named.json", "--names")
    assert "now holds 2 tasks" in said(capsys, "merge", tmp_path / "theirs", tmp_path / "named.json", folder.path)
    assert {task.name for task in ExperienceFolder(tmp_path / "theirs").read().tasks} == {"mails", "notes"}


def test_forget_deletes_a_task(folder, capsys):
    main(["experience", "export", str(folder.path), "--out", str(folder.path.parent / "all.json")])
    folder.merge(Experience.read(folder.path.parent / "all.json"))
    assert "4 results of 'mails' were deleted" in said(capsys, "forget", folder.path, "mails")
    assert [task.name for task in folder.read().tasks] == ["notes"]
    assert len(folder.read().results) == 2


def test_a_file_of_several_tasks_loses_the_forgotten_one_alone(folder, capsys):
    whole = folder.read()
    for path in folder.files:
        path.unlink()
    whole.write(folder.path / "both.json")
    said(capsys, "forget", folder.path, "mails")
    assert [task.name for task in folder.read().tasks] == ["notes"]
    assert len(folder.read().results) == 2


def test_a_task_on_which_all_failed_and_one_with_an_odd_name_are_shown_as_such(tmp_path, capsys):
    folder = ExperienceFolder(tmp_path / "mine")
    values = {"features": "char_tfidf", "model": "ridge"}
    folder.add(PriorTask("a\x1b[31m", "a", "f1", "accuracy", {}), [Evaluation(0, values, "a", "search", "failed")])
    line = said(capsys, "show", folder.path).splitlines()[1]
    assert line.split() == ["1", "-", "accuracy", "'a\\x1b[31m'", "all", "failed"]


@pytest.mark.parametrize(("arguments", "message"), [
    (["show", "NOWHERE"], "There are no results of searches in"), (["forget", "MINE", "mail"], "Did you mean 'mails'"),
    (["merge", "MINE", "NOWHERE"], "There are no results"), (["export", "MINE", "--out", "FILE/x.json"], "cannot be written"),
    (["export", "MINE", "--out", "MINE/x.json"], "outside of"), (["export", "MINE", "--out", "NOWHERE/x.csv"], "ends in .json"),
    (["merge", "FILE/mine", "MINE"], "Nothing can be written in"), (["show", "FILE"], "is a file; name a folder")])
def test_what_cannot_be_done_is_said_with_what_to_write_instead(arguments, message, folder, tmp_path, capsys):
    (tmp_path / "file").write_text("", "utf-8")
    places = {"MINE": folder.path, "NOWHERE": tmp_path / "nowhere", "FILE": tmp_path / "file"}
    replaced = [str(places.get(argument.split("/")[0], argument)) + "".join("/" + part for part in argument.split("/")[1:])
                for argument in arguments]
    with pytest.raises(SystemExit) as ended:
        main(["experience", *replaced])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
