"""What one interrupt leaves, and two."""

import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest
from conftest import PATH

from autotext import load_pipeline

INTERRUPTED = """
import sys
from autotext import optimize_pipeline
from conftest import QUICK, toy

open("quick.yaml", "w").write(QUICK)
pipeline = optimize_pipeline(toy("binary"), space="quick.yaml", budget="30m", workers=2, meta_learner=None,
                             on_evaluation=lambda *_: print("evaluated", flush=True))
pipeline.save("saved")
"""

INTERRUPTED_TWICE = """
import signal
import sys
import outside.hostile
import psutil
from autotext import Budget, optimize_pipeline
from conftest import toy
from test_optimize import Fixed

open("long.yaml", "w").write('''
version: 1
stages:
  features: {one_of: [[char_tfidf]]}
  model: {one_of: {multinomial_nb: {}, endless_refit: {}}}
''')
def interrupt(evaluation, report):
    assert evaluation.configuration["model"] == "endless_refit", evaluation
    print("evaluated", flush=True)
    signal.raise_signal(signal.SIGINT)
try:
    optimize_pipeline(toy("binary"), space="long.yaml", budget=Budget(seconds=None, trials=50), workers=1,
                      meta_learner=Fixed({"features": "char_tfidf", "model": "endless_refit"}), on_evaluation=interrupt)
except KeyboardInterrupt:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("raised, children:", len(psutil.Process().children()), flush=True)
"""

INTERRUPTED_IN_REFIT = (INTERRUPTED_TWICE.replace("    signal.raise_signal(signal.SIGINT)\n", "")
                        .replace("trials=50", "trials=1"))


def running(code, folder):
    # A background shell may have left interrupts ignored, which is inherited.
    code = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n" + code
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
                            env={**os.environ, "PYTHONPATH": PATH, "PYTHONUTF8": "1"}, text=True,
                            start_new_session=True)


def output_after_interrupts(process, number, patience=120.0):
    """Everything printed after the first evaluation, while interrupts are sent far enough apart to be handled."""
    assert process.stdout.readline() == "evaluated\n", process.stderr.read()
    for _ in range(number):
        process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=patience / number)
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    raise AssertionError(process.communicate())


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_one_interrupt_returns_the_best_so_far(tmp_path):
    with running(INTERRUPTED, tmp_path) as process:
        _, complaint = output_after_interrupts(process, 1)
    assert process.returncode == 0, complaint
    assert "Traceback" not in complaint
    pipeline = load_pipeline(tmp_path / "saved")
    assert pipeline.report.status == "interrupted"
    assert len(pipeline.report.evaluations) >= 1
    assert pipeline.report.chosen
    assert pipeline.predict(["the film was lovely", "the film was awful"]).tolist() == ["good", "bad"]


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_second_interrupt_raises(tmp_path):
    with running(INTERRUPTED_TWICE, tmp_path) as process:
        printed, complaint = output_after_interrupts(process, 4, 40.0)
    assert process.returncode == 0, complaint
    assert printed == "raised, children: 0\n"


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_an_interrupt_during_the_refit_does_not_lose_the_search(tmp_path):
    with running(INTERRUPTED_IN_REFIT, tmp_path) as process:
        assert process.stdout.readline() == "evaluated\n"
        _wait_until_busy(process)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=4)
        process.send_signal(signal.SIGINT)
        printed, complaint = process.communicate(timeout=60)
    assert process.returncode == 0, complaint
    assert printed == "raised, children: 0\n"


def _wait_until_busy(process, seconds=0.5):
    (worker,) = psutil.Process(process.pid).children()
    before, until = sum(worker.cpu_times()[:2]), time.monotonic() + 60
    while time.monotonic() < until:
        if sum(worker.cpu_times()[:2]) - before > seconds:
            return
    raise AssertionError("the refit did not begin")


INTERRUPTED_IN_ESTIMATE = """
import signal
import autotext.search.score_estimate as score_estimate
from autotext import Budget, optimize_pipeline
from conftest import QUICK, toy

def interrupted(*given, **more):
    signal.raise_signal(signal.SIGINT)
score_estimate.estimate_score = interrupted
open("quick.yaml", "w").write(QUICK)
pipeline = optimize_pipeline(toy("binary"), space="quick.yaml", budget=Budget(seconds=None, trials=2), workers=1,
                             meta_learner=None)
report = pipeline.report
print(report.status, report.expected_score, report.score, pipeline.predict(["it was lovely"]).tolist())
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_an_interrupt_during_the_estimate_loses_only_that(tmp_path):
    with running(INTERRUPTED_IN_ESTIMATE, tmp_path) as process:
        printed, complaint = process.communicate(timeout=60)
    assert process.returncode == 0, complaint
    assert re.fullmatch(r"interrupted None [01][.]\d+ \['good'\]\n", printed)


READING = """
import autotext.cli.main, time
def wait(*given, **more):
    print("reading", flush=True)
    time.sleep(60)
autotext.cli.main.Task.read = wait
import autotext.__main__
autotext.__main__.main()
"""
IMPORTING = """
import builtins, sys, time
original = builtins.__import__
def wait(name, *given, **more):
    if name == "sklearn.base":
        print("importing", flush=True)
        time.sleep(60)
    return original(name, *given, **more)
builtins.__import__ = wait
import runpy
runpy.run_module("autotext", run_name="__main__")
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("code", [IMPORTING, READING])
@pytest.mark.parametrize("command", ["optimize", "predict"])
def test_an_interrupt_of_the_command_before_there_is_anything_is_answered_in_one_line(code, command, tmp_path):
    if (code, command) == (READING, "predict"):
        code = code.replace("autotext.cli.main.Task.read", "autotext.cli.main.load_pipeline")
    (tmp_path / "rows.csv").write_text("text,label\na,x\nb,y\n")
    with running(f"import sys; sys.argv[1:] = [{command!r}, 'rows.csv', 'rows.csv'][:{2 + (command == 'predict')}]\n{code}",
                 tmp_path) as process:
        assert process.stdout.readline().strip() in ("importing", "reading"), process.stderr.read()
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130, complaint
    assert complaint == "\ninterrupted; nothing was written\n"
