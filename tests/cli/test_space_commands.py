"""The commands that show and check search spaces."""

import json
import re

import pytest
from conftest import QUICK

from autotext.cli.main import main
from autotext.components import registry
from autotext.space import SearchSpace, shipped_spaces
from autotext.space.resolved import resolve_space


@pytest.mark.parametrize("name", shipped_spaces())
def test_a_shipped_space_is_shown_whole(name, capsys):
    main(["space", "show", name, "--json"])
    shown = json.loads(capsys.readouterr().out)
    space = SearchSpace.read(name)
    assert [tuple(names) for names in shown["sets"]] == list(space.sets)
    written = {(entry["stage"], entry["component"], entry["parameter"]) for entry in shown["parameters"]}
    assert written >= {(stage, component, key) for stage in shown["components"] for component in shown["components"][stage]
                       for key in getattr(space, stage)[component]}


def test_what_the_file_leaves_unsaid_is_the_default_of_the_component(quick):
    resolved = resolve_space(SearchSpace.read(quick), registry())
    shown = {(entry.component, entry.parameter): entry for entry in resolved.parameters}
    assert shown["word_tfidf", "min_df"].origin == "file"
    assert shown["word_tfidf", "min_df"].values == "a whole number from 1 to 3"
    assert (shown["word_tfidf", "sublinear"].origin, shown["word_tfidf", "sublinear"].values) == ("component", "True")


def test_the_origin_is_the_call_or_the_task_where_these_decide():
    origins = {(entry.component, entry.parameter): entry.origin
               for entry in resolve_space(SearchSpace.read("thorough"), registry()).parameters}
    assert origins["encoder", "model"] == "call"
    assert origins["spacy", "language"] == "task"


def test_what_must_be_installed_is_said(monkeypatch, capsys):
    monkeypatch.setattr(registry()["features"]["wordllama"], "missing_dependency", classmethod(lambda cls: "pip install it"))
    main(["space", "show"])
    assert "  wordllama  -- not usable here: pip install it" in capsys.readouterr().out.splitlines()
    main(["space", "check", "default"])
    assert "Not used here: features.wordllama: pip install it." in capsys.readouterr().out


def test_a_good_file_is_said_to_be_good(quick, capsys):
    main(["space", "check", str(quick)])
    assert "is a search space: 2 normalizer, 1 tokenizer, 2 features, 2 model, 3 sets" in capsys.readouterr().out


@pytest.mark.parametrize(("change", "said"), [
    (("min_length: 1", "min_lenght: 1"), r"stages\.tokenizer\.one_of\.words.*min_lenght.*min_length"),
    (("{int: [1, 3]}", "{int: [0, 3]}"), r"stages\.features\.word_tfidf\.min_df"),
    (("version: 1", "version: 2"), "version: this autotext reads version 1"),
])
@pytest.mark.parametrize("command", ["show", "check"])
def test_a_fault_is_named_by_its_place(command, change, said, tmp_path, capsys):
    path = tmp_path / "space.yaml"
    path.write_text(QUICK.replace(*change), "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["space", command, str(path)])
    assert ended.value.code == 2
    complaint = capsys.readouterr().err
    assert re.search(said, complaint), complaint
