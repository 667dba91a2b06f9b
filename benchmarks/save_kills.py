"""Kills and errors while a pipeline is saved onto another: a whole one must load after each, and no other file be touched.

$ python benchmarks/save_kills.py [--runs 300] [--without-strace]

Each run forks, saves, and strikes at a random system call that opens, writes, syncs, renames or removes: a kill, ENOSPC, EACCES
or EIO. With strace that is the kernel's own call; without, the call of Python. Lines go to results/save_kills.jsonl.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

# A forked process has no threads but the one that forked.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from faults import Faults, Killed  # noqa: E402
from tasks import RESULTS, append  # noqa: E402

from autotext import ArtifactError, TextPipeline, load_pipeline  # noqa: E402
from autotext.pipeline import artifact  # noqa: E402

OUT = RESULTS / "save_kills.jsonl"
FORMAT_1 = ROOT / "tests" / "golden" / "format-1"
TEXTS = ["so good", "very good", "so nice", "very bad", "so bad", "too poor"] * 2
LABELS = ["+", "+", "+", "-", "-", "-"] * 2
# The question mark: not every architecture has all of them.
CALLS = ("?open", "openat", "?mkdir", "?mkdirat", "?rename", "?renameat", "?renameat2", "?unlink", "unlinkat", "?rmdir",
         "write", "fsync", "flock", "?getdents64", "?chmod", "?fchmodat")
ERRORS = (None, "ENOSPC", "EACCES", "EIO")
USERS = {"notes.txt": b"mine", "model.old/manifest.json": b'{"name": "shop"}', ".hidden": b"mine", "model-2/state.json": b"{}",
         ".autotext-0123456789abcdef.tmp": b"in another folder"}
SAVED, REFUSED, RAW = 0, 3, 4


def saving(pipeline: TextPipeline, folder: Path, call: str | None, at: int, error: str | None) -> int:
    """Exit status of a process that saves, and that a fault strikes meanwhile; negative if it was killed."""
    child = os.fork()
    if child == 0:
        status = RAW
        try:
            if call is None:
                with pytest.MonkeyPatch.context() as patched:
                    Faults(patched, at, getattr(errno, error) if error else None)
                    pipeline.save(folder)
            else:
                os.kill(os.getpid(), signal.SIGSTOP)
                pipeline.save(folder)
            status = SAVED
        except ArtifactError:
            status = REFUSED
        except Killed:
            os.kill(os.getpid(), signal.SIGKILL)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    tracer = None
    if call is not None:
        os.waitpid(child, os.WUNTRACED)
        tracer = traced(child, f"inject={call}:{f'error={error}' if error else 'signal=SIGKILL'}:when={at}")
        os.kill(child, signal.SIGCONT)
    _, ended = os.waitpid(child, 0)
    if tracer is not None:
        tracer.communicate()
    return os.waitstatus_to_exitcode(ended)


def traced(process: int, what: str) -> subprocess.Popen:
    """Strace, once it has taken hold of a stopped process."""
    tracer = subprocess.Popen(["strace", "-p", str(process), "-o", "/dev/null", "-e", f"trace={','.join(CALLS)}", "-e", what],
                              stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    if "attached" not in said:
        os.kill(process, signal.SIGKILL)
        raise SystemExit(f"strace cannot trace here ({said.strip()}): use --without-strace.")
    return tracer


def points(pipeline: TextPipeline, folder: Path, with_strace: bool) -> list[tuple[str | None, int]]:
    """Every call of one save at which something can happen."""
    if not with_strace:
        with pytest.MonkeyPatch.context() as patched:
            faults = Faults(patched, 10**6)
            pipeline.save(folder)
        return [(None, number) for number in range(1, len(faults.calls) + 1)]
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
        pipeline.save(folder)
        os._exit(0)
    os.waitpid(child, os.WUNTRACED)
    with tempfile.NamedTemporaryFile("r") as log:
        tracer = subprocess.Popen(["strace", "-p", str(child), "-o", log.name, "-e", f"trace={','.join(CALLS)}"],
                                  stderr=subprocess.PIPE, text=True)
        assert tracer.stderr is not None
        tracer.stderr.readline()
        os.kill(child, signal.SIGCONT)
        os.waitpid(child, 0)
        tracer.communicate()
        counts = Counter(re.findall(r"^(\w+)\(", log.read(), re.MULTILINE))
    return [(call, number) for call, count in sorted(counts.items()) for number in range(1, count + 1)]


def run(runs: int, with_strace: bool, seed: int) -> dict:
    rng = np.random.default_rng(seed)
    pipelines = [TextPipeline({"tokenizer": "words", "features": "word_tfidf", "model": model}).fit(TEXTS, LABELS)
                 for model in ("ridge", "logistic")]
    answers = [pipeline.predict_proba(TEXTS).tolist() for pipeline in [*pipelines, load_pipeline(FORMAT_1)]]
    # Read once, so that faults strike what is done in the folder and not the packages installed.
    versions = artifact._versions()
    artifact._versions = lambda: versions
    line: Counter = Counter()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        for name, data in USERS.items():
            (Path(place) / name).parent.mkdir(exist_ok=True)
            (Path(place) / name).write_bytes(data)
        pipelines[0].save(folder)
        pipelines[1].save(folder)
        possible = points(pipelines[0], folder, with_strace)
        standing = 0
        for number in range(runs):
            if rng.random() < 0.25:
                shutil.rmtree(folder)
                shutil.copytree(FORMAT_1, folder)
                standing = 2
            new = 1 - standing if standing < 2 else int(rng.integers(2))
            (call, at), error = possible[rng.integers(len(possible))], ERRORS[rng.integers(len(ERRORS))]
            status = saving(pipelines[new], folder, call, at, error)
            now = answers.index(load_pipeline(folder).predict_proba(TEXTS).tolist())
            line["killed" if status < 0 else {SAVED: "saved", REFUSED: "refused"}[status]] += 1
            line["old stands" if now == standing else "new stands"] += 1
            assert now in (standing, new), (number, call, at, error, status)
            assert now == new or status != SAVED, (number, call, at, error, status)
            assert {name: (Path(place) / name).read_bytes() for name in USERS} == USERS, (number, call, at, error)
            assert set(os.listdir(place)) == {"model", *(name.partition("/")[0] for name in USERS)}
            standing = now
            # Otherwise the next fault meets what this one left.
            if rng.random() < 0.5:
                standing = 1 - min(standing, 1)
                pipelines[standing].save(folder)
                assert load_pipeline(folder).predict_proba(TEXTS).tolist() == answers[standing]
                assert len(os.listdir(folder)) == 4, os.listdir(folder)
    return {"runs": runs, "strace": with_strace, "points": len(possible), "seed": seed, **line,
            "seconds": round(time.monotonic() - started, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--without-strace", action="store_true", help="also where it is not installed")
    arguments = parser.parse_args()
    append(OUT, run(arguments.runs, not arguments.without_strace and shutil.which("strace") is not None, arguments.seed))


if __name__ == "__main__":
    main()
