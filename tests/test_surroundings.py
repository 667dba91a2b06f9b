import json
import logging
import os
import random
import sys
import threading
import warnings

import numpy as np
import psutil
import pytest
from conftest import toy

from autotext import Budget, optimize_pipeline

TWO = Budget(seconds=None, trials=2)
# No `if __name__ == "__main__":` on purpose.
PLAIN = """
from autotext import Budget, optimize_pipeline
from conftest import QUICK, toy

open("quick.yaml", "w", encoding="utf-8").write(QUICK)
print("imported")
two = Budget(seconds=None, trials=2)
pipeline = optimize_pipeline(toy("korean"), space="quick.yaml", budget=two, workers=2, meta_learner=None)
print(pipeline.report.trials, pipeline.predict(["영화는 정말 좋았다"]).tolist())
import psutil
print("children", len(psutil.Process().children(recursive=True)))
"""
PRINTED = "imported\n2 ['good']\nchildren 0\n"


def test_a_script_without_a_guard(script):
    assert script(PLAIN) == PRINTED


def test_code_given_on_the_command_line(script):
    assert script("", arguments=("-c", PLAIN)) == PRINTED


def test_code_on_standard_input(script):
    assert script("", arguments=("-",), given=PLAIN) == PRINTED


def test_an_interactive_session(script):
    # The blank line would end a block; each line is a statement of its own.
    typed = "".join(line + "\n" for line in PLAIN.splitlines() if line)
    assert script("", arguments=("-i", "-q"), given=typed).endswith(PRINTED.replace("imported\n", "", 1))


NOTEBOOK = """
import json
import nbformat
from nbclient import NotebookClient

cells = json.load(open("cells.json", encoding="utf-8"))
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
NotebookClient(notebook, timeout=200, kernel_name="here").execute()
for cell in notebook.cells:
    for output in cell.outputs:
        assert output.output_type == "stream", output
        if output.name == "stdout":
            print(output.text, end="")
"""


def test_a_notebook(script, tmp_path):
    kernel = tmp_path / "jupyter" / "kernels" / "here"
    kernel.mkdir(parents=True)
    kernel.joinpath("kernel.json").write_text(json.dumps({
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "here", "language": "python"}))
    lines = PLAIN.strip().splitlines()
    cut = next(number for number, line in enumerate(lines) if line.startswith("pipeline ="))
    cells = ["\n".join(lines[:cut]), "\n".join(lines[cut : cut + 2]), "\n".join(lines[cut + 2 :])]
    (tmp_path / "cells.json").write_text(json.dumps(cells), "utf-8")
    folders = {name: str(tmp_path / name.lower()) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR",
                                                               "JUPYTER_RUNTIME_DIR")}
    printed = script(NOTEBOOK, JUPYTER_PATH=str(tmp_path / "jupyter"), **folders)
    assert printed == PRINTED


def test_a_thread(quick):
    found = []

    def search():
        found.append(optimize_pipeline(toy("binary"), space=quick, budget=TWO, workers=1, meta_learner=None))

    thread = threading.Thread(target=search)
    thread.start()
    thread.join(200)
    assert len(found) == 1
    assert found[0].predict(["the film was lovely"]).tolist() == ["good"]


def test_two_searches_at_once(quick):
    found = {}

    def search(name):
        found[name] = optimize_pipeline(toy(name), space=quick, budget=TWO, workers=1, meta_learner=None)

    threads = [threading.Thread(target=search, args=(name,)) for name in ("binary", "korean")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(200)
    assert found["binary"].predict(["the film was awful"]).tolist() == ["bad"]
    assert found["korean"].predict(["책은 아주 지루했다"]).tolist() == ["bad"]


def state_of_the_process():
    loggers = {name: (logger.level, logger.disabled, logger.propagate, list(logger.handlers))
               for name, logger in logging.root.manager.loggerDict.items() if isinstance(logger, logging.Logger)}
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002 - the global state is what must not change
    return {"environment": dict(os.environ), "warnings": list(warnings.filters), "path": list(sys.path),
            "folder": os.getcwd(),
            "root": (logging.root.level, list(logging.root.handlers), logging.root.manager.disable), "loggers": loggers,
            "numpy": (kind, keys.tolist(), rest), "errors": np.geterr(), "random": random.getstate(),
            "threads": threading.active_count(), "children": psutil.Process().children(recursive=True),
            "main": sys.modules["__main__"], "hooks": (sys.excepthook, sys.displayhook, threading.excepthook)}


@pytest.mark.parametrize("name", ["korean", "multilabel"])
def test_nothing_of_the_process_has_changed(quick, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts, labels = toy(name)
    given = (list(texts), [list(label) if isinstance(label, list) else label for label in labels])
    # What is imported on first use may configure its own logger, which is not the search's doing.
    optimize_pipeline((texts, labels), space=quick, budget=TWO, workers=1, meta_learner=None).predict(texts)
    before = state_of_the_process()
    files = sorted(tmp_path.rglob("*"))
    pipeline = optimize_pipeline((texts, labels), space=quick, budget=TWO, workers=2, meta_learner=None)
    pipeline.predict(texts)
    after = state_of_the_process()
    for what, value in before.items():
        assert after[what] == value, what
    assert (texts, labels) == given
    assert sorted(tmp_path.rglob("*")) == files


def test_nothing_is_left_behind_by_a_failure(quick):
    def complain(*_):
        raise RuntimeError("the caller's own mistake")

    before = state_of_the_process()
    with pytest.raises(RuntimeError, match="own mistake"):
        optimize_pipeline(toy("binary"), space=quick, budget=TWO, workers=2, meta_learner=None, on_evaluation=complain)
    assert state_of_the_process() == before


def test_nothing_is_printed(script):
    logged = PLAIN.replace('print("imported")', "import logging; logging.basicConfig(level=logging.INFO)")
    printed = script(logged, quiet=True)
    assert printed == PRINTED.replace("imported\n", "", 1)


def test_a_first_call_changes_nothing_but_what_it_imports(script):
    code = """
import logging, os, random, sys, warnings
import numpy as np
from autotext import Budget, optimize_pipeline
from conftest import QUICK, toy
open("quick.yaml", "w", encoding="utf-8").write(QUICK)
def state():
    return (dict(os.environ), list(warnings.filters), logging.root.level, list(logging.root.handlers),
            str(np.random.get_state()[1].tolist()), random.getstate(), list(sys.path), np.geterr())
before = state()
two = Budget(seconds=None, trials=2)
optimize_pipeline(toy("binary"), space="quick.yaml", budget=two, workers=1, meta_learner=None)
print([number for number, pair in enumerate(zip(before, state())) if pair[0] != pair[1]])
"""
    assert script(code) == "[]\n"
