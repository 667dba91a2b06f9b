"""Each script runs in a process of its own, as this one may have threads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux only")

TESTS = Path(__file__).parent.parent
PREAMBLE = """
import atexit, json, os, signal, sys, tempfile, threading, time
import numpy as np, sklearn
from autotext.workers.forked import ForkedProcess, may_fork
stderr = tempfile.TemporaryFile()
"""


def run(script):
    """What a script prints as JSON."""
    done = subprocess.run([sys.executable, "-c", PREAMBLE + script], capture_output=True, text=True, timeout=120,
                          cwd=TESTS, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_copy_has_the_settings_of_a_new_process():
    state = run("""
import warnings
np.seterr(all="raise")
sklearn.set_config(transform_output="pandas", assume_finite=True)
warnings.simplefilter("error")
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def tell():
    state = [np.geterr()["divide"], sklearn.get_config()["transform_output"], sklearn.get_config()["assume_finite"],
             len(warnings.filters), signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, os.environ["OMP_NUM_THREADS"],
             os.getpgid(0) == os.getpid()]
    os.write(1, json.dumps(state).encode())
process = ForkedProcess(tell, {"OMP_NUM_THREADS": "1"}, stderr)
print(process.stdout.read().decode(), process.wait() or "")
""")
    assert state == ["warn", "default", False, 0, True, "1", True]


def test_a_copy_imports_whatever_is_in_the_path_of_modules():
    assert run("""
from pathlib import Path
sys.path[:] = [*map(Path, sys.path), None, "another"]
sys.modules.pop("wave", None)
def tell():
    import wave
    os.write(1, json.dumps(wave.__name__).encode())
print(ForkedProcess(tell, {}, stderr).stdout.read().decode())
""") == "wave"


def test_a_copy_holds_no_file_of_the_original_and_runs_none_of_its_exit_handlers(tmp_path):
    seen = run(f"""
atexit.register(lambda: open({str(tmp_path / "ran")!r}, "a").write("x"))
reading, writing = os.pipe()
process = ForkedProcess(lambda: sys.stdin.read(), {{}}, stderr)
os.close(writing)
ended = os.read(reading, 1) == b""
process.stdin.close()
print(json.dumps([ended, process.wait()]))
""")
    assert seen == [True, 0]
    assert (tmp_path / "ran").read_text() == "x"


def test_how_a_copy_ended_is_told_and_what_it_said_is_kept():
    codes = run("""
def fail():
    raise ValueError("this copy is broken")
failed, killed = ForkedProcess(fail, {}, stderr), ForkedProcess(lambda: time.sleep(600), {}, stderr)
running = killed.poll()
killed.kill()
codes = [running, killed.wait(), killed.wait(), failed.wait()]
stderr.seek(0)
print(json.dumps([*codes, b"this copy is broken" in stderr.read()]))
""")
    assert codes == [None, -9, -9, 1, True]


@pytest.mark.parametrize(("change", "allowed"), [
    ("", True), ("threading.Thread(target=time.sleep, args=(5,), daemon=True).start()", False),
    ("sys.modules['torch'] = sys", False),
    ("import mmap\nfile = open(tempfile.mkdtemp() + '/libcuda.so.1', 'w+b')\nfile.truncate(9)\n"
     "in_use = mmap.mmap(file.fileno(), 9)",
     False)], ids=["alone", "another thread", "torch", "a GPU in use"])
def test_where_a_copy_may_not_work_a_new_process_is_started(change, allowed):
    assert run(f"{change}\nprint(json.dumps(may_fork()))") is allowed


SEARCH = """
from autotext import Budget, optimize_pipeline
sys.path.insert(0, {tests!r})
{change}
texts = [f"{{word}} film number {{number % 7}}" for number in range(40) for word in ("good", "bad")]
pipeline = optimize_pipeline(texts, ["yes", "no"] * 40, budget=Budget(seconds=None, trials=3), workers=1, seed=0)
print(json.dumps([[evaluation.fingerprint, evaluation.score, evaluation.status] for evaluation in pipeline.report.evaluations]
                 + pipeline.predict_proba(["good film", "bad film"]).tolist()))
"""


def test_copies_and_new_processes_give_the_same_search():
    copied, new = (run(SEARCH.format(tests=str(TESTS), change=change))
                   for change in ("assert may_fork()", "sys.modules['mxnet'] = sys; assert not may_fork()"))
    assert copied == new
