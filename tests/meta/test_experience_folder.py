"""The folder in which searches leave what they found."""

import json

import pytest

from autotext import AutotextError, Experience
from autotext.evaluation import Evaluation
from autotext.meta import ExperienceFolder, PriorTask, Result
from autotext.meta.experience_folder import anonymous, without_folders

TASK = PriorTask("mails", "mails", "f1", "accuracy", {"log_rows": 7.0})
OTHER = PriorTask("notes", "notes", "f2", "f1_macro", {"log_rows": 8.0})


def evaluation(number, score, status="ok", model="ridge"):
    values = {"features": "char_tfidf", "model": model, "model.ridge.alpha": float(number + 1)}
    return Evaluation(number, values, f"c{number}", "search", status, score, seconds=1.23456)


def test_what_searches_leave_is_read_together(tmp_path):
    folder = ExperienceFolder(tmp_path / "mine")
    assert folder.read().tasks == ()
    folder.add(TASK, [evaluation(0, 0.8), evaluation(1, None, "failed"), evaluation(2, None, "timeout")])
    folder.add(TASK, [evaluation(1, 0.9)])
    folder.add(OTHER, [evaluation(0, 0.123456789)])
    experience = folder.read()
    assert experience.tasks == (TASK, OTHER) or experience.tasks == (OTHER, TASK)
    scores = {(experience.tasks[cell.task].name, experience.configurations[cell.configuration]["model.ridge.alpha"]): cell.score
              for cell in experience.results}
    assert set(scores) == {("mails", 1.0), ("mails", 2.0), ("notes", 1.0)}
    assert (scores["mails", 1.0], scores["notes", 1.0]) == (0.8, 0.12346)
    assert scores["mails", 2.0] in (0.9, None)
    assert {cell.seconds for cell in experience.results} == {1.235}


def test_the_same_search_is_kept_once_and_one_without_results_not_at_all(tmp_path):
    folder = ExperienceFolder(tmp_path)
    for _ in range(2):
        folder.add(TASK, [evaluation(0, 0.8)])
    folder.add(OTHER, [evaluation(0, None, "timeout")])
    assert len(folder.files) == 1


def test_neither_texts_nor_labels_are_kept(tmp_path):
    folder = ExperienceFolder(tmp_path)
    folder.add(TASK, [evaluation(0, 0.8)])
    document = json.loads(folder.files[0].read_text("utf-8"))
    assert set(document) == {"format", "versions", "tasks", "configurations", "results"}
    assert set(document["tasks"][0]) == {"name", "family", "fingerprint", "metric", "meta_features"}


def test_merged_experience_is_that_of_both(tmp_path):
    first, second = ExperienceFolder(tmp_path / "a"), ExperienceFolder(tmp_path / "b")
    first.add(TASK, [evaluation(0, 0.8)])
    second.add(OTHER, [evaluation(0, 0.7), evaluation(1, 0.6)])
    first.merge(second.read())
    assert {task.name for task in first.read().tasks} == {"mails", "notes"}
    assert len(first.read().results) == 3
    first.merge(second.read())
    assert len(first.files) == 2


def test_a_task_is_forgotten_by_its_name_or_its_rows(tmp_path):
    folder = ExperienceFolder(tmp_path)
    folder.add(TASK, [evaluation(0, 0.8)])
    folder.add(TASK, [evaluation(1, 0.8)])
    folder.add(OTHER, [evaluation(0, 0.8)])
    with pytest.raises(AutotextError, match=r"nothing of a task 'mail' in .*Did you mean 'mails'"):
        folder.forget("mail")
    assert folder.forget("mails") == 2
    folder.merge(anonymous(Experience((TASK,), ({"features": "a", "model": "b"},), (Result(0, 0, 0.5, 1.0),))))
    assert sorted(task.name for task in folder.read().tasks) == ["f1", "notes"]
    folder.add(TASK, [evaluation(0, 0.8)])
    assert sorted(task.name for task in folder.read().tasks) == ["mails", "notes"]
    assert folder.forget("mails") == 2
    assert [task.name for task in folder.read().tasks] == ["notes"]
    assert folder.forget("f2") == 1
    assert folder.files == []


def test_a_broken_file_and_a_file_in_place_of_the_folder_are_named(tmp_path):
    (tmp_path / "x.json").write_text("{}", "utf-8")
    with pytest.raises(AutotextError, match=r"Cannot read the experience in .*x\.json"):
        ExperienceFolder(tmp_path).read()
    with pytest.raises(AutotextError, match=r"experience: .*x\.json' is a file; name a folder"):
        ExperienceFolder(tmp_path / "x.json")


@pytest.mark.parametrize(("place", "value"), [
    (("tasks", 0, "name"), 3), (("tasks", 0, "meta_features"), {"log_rows": "many"}),
    (("tasks", 0, "meta_features"), {"log_rows": float("inf")}), (("configurations", 0), {"model": "ridge"}),
    (("configurations", 0, "model"), ["ridge"]), (("results", 0), [1, 0, 0.5, 1.0]), (("results", 0), [0, -1, 0.5, 1.0]),
    (("results", 0), [0, 0.5, 0.5, 1.0]), (("results", 0), [0, 0, 0.5, None]), (("results", 0), [0, 0, "good", 1.0]),
    (("results", 0), [0, 0, 0.5, -1.0]), (("results", 0), [0, 0, 0.5]), (("results", 0), [None, 0, 0.5, 1.0]),
    (("results", 0), [0.0, 0, 0.5, 1.0]), (("results", 0), ["0", 0, 0.5, 1.0]), (("tasks", 0, "meta_features"), [1]),
    (("tasks", 0, "meta_features"), {"log_rows": 10**400}), (("configurations", 0, "model.ridge.alpha"), float("nan")),
    (("configurations", 0, "model.ridge.alpha"), 10**400), (("configurations",), [1]), (("tasks",), "mails")])
def test_a_file_of_a_stranger_that_no_search_wrote_is_refused(place, value, tmp_path):
    folder = ExperienceFolder(tmp_path)
    folder.add(TASK, [evaluation(0, 0.8)])
    document = json.loads(folder.files[0].read_text("utf-8"))
    *path, last = place
    part = document
    for name in path:
        part = part[name]
    part[last] = value
    folder.files[0].write_text(json.dumps(document), "utf-8")
    with pytest.raises(AutotextError, match="Cannot read the experience in"):
        folder.read()


def test_a_file_that_is_nested_without_end_is_refused(tmp_path):
    (tmp_path / "deep.json").write_text("[" * 100_000, "utf-8")
    with pytest.raises(AutotextError, match=r"Cannot read the experience in .*deep\.json"):
        ExperienceFolder(tmp_path).read()


def test_folders_of_pretrained_models_are_not_given_to_others(tmp_path):
    folder = ExperienceFolder(tmp_path)
    encoder = {"features": "char_tfidf+encoder", "features.encoder.model": "/home/me/secret", "model": "ridge"}
    folder.add(TASK, [evaluation(0, 0.8), Evaluation(1, encoder, "c1", "search", "ok", 0.9)])
    assert len(folder.read().results) == 2
    shared = without_folders(folder.read())
    assert [shared.configurations[cell.configuration]["features"] for cell in shared.results] == ["char_tfidf"]
    assert "secret" not in str(shared)


def test_anonymous_experience_has_no_names(tmp_path):
    folder = ExperienceFolder(tmp_path)
    folder.add(TASK, [evaluation(0, 0.8)])
    anonymous(folder.read()).write(tmp_path / "shared.txt")
    assert "mails" not in (tmp_path / "shared.txt").read_text("utf-8")
    assert Experience.read(tmp_path / "shared.txt").results == folder.read().results
