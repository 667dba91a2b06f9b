"""A benchmark: what is run, what is not run again, and what is refused before anything starts."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from arms_of_users import WORKS, write_arm, write_broken_arm, write_suite

from autotext.benchmark import Arm, Benchmark, Conditions, Suite, shipped_arms
from autotext.benchmark.lines import line_key, read_lines
from autotext.errors import BenchmarkError
from autotext.meta import Experience

CONDITIONS = Conditions(1.0, None)
# As many seconds as a run takes that waits to be interrupted.
SLEEPS = ("import time\n\nclass Sleeps:\n    def fit(self, *a):\n        time.sleep(60)\n    def predict(self, texts):\n"
          "        return []\n")


@pytest.fixture
def benchmark(tmp_path):
    def make(*arms, n_tasks=2, conditions=CONDITIONS, **options):
        suite = Suite.read(write_suite(tmp_path, n_tasks))
        return Benchmark(suite, [Arm.read(arm) for arm in arms], tmp_path / "out", conditions, **options)
    return make


def lines_of(benchmark):
    return read_lines(benchmark.lines_path)[0]


def test_every_arm_runs_on_every_task_with_every_seed_once(benchmark, tmp_path):
    two = benchmark(write_arm(tmp_path, "one"), write_arm(tmp_path, "other"), seeds=(0, 1))
    told = []
    two.run(on_line=lambda line, number, count: told.append((line["arm"], number, count)))
    assert [(number, count) for _, number, count in told] == [(number, 8) for number in range(1, 9)]
    assert len({line_key(line) for line in lines_of(two)}) == 8
    assert two.missing() == []
    two.run(on_line=lambda *_: pytest.fail("a finished run was repeated"))


def test_tasks_and_arms_come_in_turn_so_that_an_unfinished_benchmark_can_be_compared(benchmark, tmp_path):
    runs = benchmark(write_arm(tmp_path, "one"), write_arm(tmp_path, "other"), seeds=(0, 1)).missing()
    assert [(run.seed, run.entry.name, run.arm.name) for run in runs][:4] == [
        (0, "verdicts0", "one"), (0, "verdicts0", "other"), (0, "verdicts1", "one"), (0, "verdicts1", "other")]


def test_failures_are_lines_that_are_run_again_on_request_only(benchmark, tmp_path):
    arm = write_broken_arm(tmp_path, "raises")
    benchmark(arm, n_tasks=1).run()
    assert list((tmp_path / "out" / "logs").iterdir())
    assert benchmark(arm, n_tasks=1).missing() == []
    write_arm(tmp_path, "raises")
    again = benchmark(arm, n_tasks=1, retry=True)
    again.run()
    assert [line["status"] for line in lines_of(again)] == ["failed", "ok"]
    assert again.missing() == []


def test_other_conditions_are_other_runs(benchmark, tmp_path):
    arm = write_arm(tmp_path, "one")
    benchmark(arm, n_tasks=1).run()
    for conditions in (Conditions(2.0, None), Conditions(None, 3), Conditions(1.0, None, rows=20)):
        assert len(benchmark(arm, n_tasks=1, conditions=conditions).missing()) == 1


def test_a_torn_line_is_cut_off_and_its_run_runs_again(benchmark, tmp_path):
    whole = benchmark(write_arm(tmp_path, "one"))
    whole.run()
    data = whole.lines_path.read_bytes()
    whole.lines_path.write_bytes(data[:-20])
    assert len(whole.missing()) == 1
    whole.run()
    assert len(lines_of(whole)) == 2
    assert whole.missing() == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_benchmark_that_was_stopped_goes_on(how, tmp_path):
    write_suite(tmp_path, 2)
    fast, slow = write_arm(tmp_path, "fast"), write_arm(tmp_path, "slow", SLEEPS)
    command = [sys.executable, "-m", "autotext", "benchmark", "run", "--suite", "tables", "--arms", fast, slow, "--out", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    path = tmp_path / "out" / "runs.jsonl"
    while not (path.exists() and path.read_text().endswith("\n")):
        time.sleep(0.05)
        assert process.poll() is None
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGINT else -9)
    if how == signal.SIGINT:
        assert "interrupted after 1 of 4 runs; the same command goes on with the rest" in said
    kept = path.read_text()
    write_arm(tmp_path, "slow")
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert path.read_text().startswith(kept)
    assert len(read_lines(path)[0]) == 4
    assert "[3/3]" in ended.stderr
    assert (tmp_path / "out" / "comparison.html").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills processes whose parent was killed")
def test_a_run_ends_when_the_benchmark_is_killed(tmp_path):
    write_suite(tmp_path, 1)
    arm = write_arm(tmp_path, "sleeps", SLEEPS)
    command = [sys.executable, "-m", "autotext", "benchmark", "run", "--suite", "tables", "--arms", arm, "--out", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (children := psutil.Process(process.pid).children(recursive=True)):
        time.sleep(0.05)
        assert process.poll() is None
    while not (Path(children[0].cwd()) / "fit.started").exists():
        time.sleep(0.05)
    process.kill()
    process.wait(timeout=60)
    assert not psutil.wait_procs(children, timeout=30)[1]


def test_no_process_is_left_behind_by_an_interruption(tmp_path):
    write_suite(tmp_path, 1)
    marker = f"sleeper{time.monotonic_ns()}"
    arm = write_arm(tmp_path, "forks", "import subprocess, sys\n\nclass Forks:\n    def fit(self, *a):\n"
                    f"        subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)', '{marker}'])\n"
                    "    def predict(self, texts):\n        return []\n")
    command = [sys.executable, "-m", "autotext", "benchmark", "run", "--suite", "tables", "--arms", arm, "--out", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while marker not in _commands():
        time.sleep(0.05)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    deadline = time.monotonic() + 10
    while marker in _commands() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert marker not in _commands()


def _commands():
    """Arguments of all processes."""
    return [argument for process in psutil.process_iter(["cmdline"]) for argument in process.info["cmdline"] or ()]


def test_an_arm_that_cannot_be_installed_is_told_of_and_tried_again_later(benchmark, tmp_path):
    requirements = 'requirements = ("no-such-package-at-all==9.9",)'
    arm = write_arm(tmp_path, "wants", WORKS.replace('kind = "model"', requirements))
    wanting = benchmark(arm, write_arm(tmp_path, "one"), n_tasks=1)
    wanting.run(environments=tmp_path / "environments")
    by_arm = {line["arm"]: line for line in lines_of(wanting)}
    assert by_arm["one"]["status"] == "ok"
    assert by_arm["wants"]["status"] == "unavailable"
    assert "no-such-package-at-all" in by_arm["wants"]["error"]
    wanting.run(environments=tmp_path / "environments")
    assert len(lines_of(wanting)) == 2
    write_arm(tmp_path, "wants")
    benchmark(arm, n_tasks=1).run()
    assert lines_of(wanting)[-1]["status"] == "ok"


ON_PROCESSES = """
import sys
from pathlib import Path
from joblib.externals.loky import get_reusable_executor
from autotext.benchmark import Arm, Benchmark, Conditions, Suite

benchmark = Benchmark(Suite.read("tables"), [Arm.read(name) for name in sys.argv[1:]], Path("out"), Conditions(1.0, None))
benchmark.run(executor=get_reusable_executor(max_workers=2))
"""


def test_any_executor_spreads_the_runs(tmp_path):
    write_suite(tmp_path, 2)
    # In a process of its own, as that of the tests would keep the children of the executor.
    subprocess.run([sys.executable, "-c", ON_PROCESSES, write_arm(tmp_path, "one"), write_arm(tmp_path, "other")], cwd=tmp_path,
                   check=True)
    assert [line["load"] for line in read_lines(tmp_path / "out" / "runs.jsonl")[0]] == [None] * 4


def test_a_task_known_to_the_shipped_experience_under_another_family_is_refused(benchmark, tmp_path, monkeypatch):
    leaking = benchmark(write_arm(tmp_path, "one"), n_tasks=1)
    experience, fingerprint = Experience.shipped(), leaking.suite.entries[0].task.load().fingerprint
    known = replace(experience, tasks=(replace(experience.tasks[0], fingerprint=fingerprint), *experience.tasks[1:]))
    monkeypatch.setattr(Experience, "shipped", classmethod(lambda cls: known))
    with pytest.raises(BenchmarkError, match=experience.tasks[0].family):
        leaking.run()
    assert lines_of(leaking) == ()


@pytest.mark.parametrize(("problem", "message"), [
    ("encoder", "minilm_lr: needs the folder of a transformer"), ("twice", "two arms called 'one'"),
    ("cores", "1000 runs at a time on 1 cores each need 1000 cores"), ("locked", "Another benchmark writes to")])
def test_what_cannot_work_is_refused_before_anything_runs(problem, message, benchmark, tmp_path):
    arm = write_arm(tmp_path, "one")
    (tmp_path / "sub").mkdir()
    attempts = {"encoder": lambda: benchmark("minilm_lr"), "cores": lambda: benchmark(arm).run(jobs=1000),
                "twice": lambda: benchmark(arm, write_arm(tmp_path / "sub", "one")),
                "locked": lambda: benchmark(arm).run(on_line=lambda *_: benchmark(arm).run())}
    with pytest.raises(BenchmarkError, match=message):
        attempts[problem]()


@pytest.mark.parametrize(("name", "source", "message"), [
    ("no-such-arm", None, r"Unknown arm 'no-such-arm'.*autotext benchmark arms"),
    ("absent.py", None, "There is no file"),
    ("broken", "def f(:\n", "cannot be loaded: invalid syntax"),
    ("empty", "x = 1\n", "one class with a method fit, not 0"),
    ("two", "class A:\n    def fit(self): ...\nclass B:\n    def fit(self): ...\n", "one class with a method fit, not 2"),
    ("unkind", "class A:\n    kind = 'robot'\n    def fit(self): ...\n    def predict(self): ...\n", "'system' or 'model'"),
    ("odd", "class A:\n    handles = ('images',)\n    def fit(self): ...\n    def predict(self): ...\n", "binary, multiclass"),
    ("mute", "class A:\n    def fit(self): ...\n", "has no method predict"),
    ("json:JSONDecoder", None, "has no method fit")])
def test_what_is_no_arm_is_refused(name, source, message, tmp_path):
    with pytest.raises(BenchmarkError, match=message):
        Arm.read(name if source is None else write_arm(tmp_path, name, source))


@pytest.mark.parametrize("name", shipped_arms())
def test_every_shipped_arm_can_be_read_without_its_libraries(name):
    arm = Arm.read(name)
    assert arm.about.endswith(".")
    assert all("==" in requirement for requirement in arm.requirements), "a peer has pinned versions"


@pytest.mark.parametrize("name", ["autotext", "autotext_cold", "autotext_random", "majority", "tfidf_lr"])
def test_arms_that_need_nothing_else_run(name, benchmark):
    few = benchmark(name, n_tasks=1, conditions=Conditions(None, 2))
    few.run()
    line = lines_of(few)[0]
    assert (line["status"], line["error"]) == ("ok", "")
    assert line["scores"]["neg_log_loss"] <= 0
