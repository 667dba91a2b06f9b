"""SIGINT five seconds after the search began: see that a pipeline is left that loads and predicts.

$ python benchmarks/interrupt.py --tasks-dir TASKS

Lines go to results/interrupt.jsonl.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tasks import MAIN, METRICS, RESULTS, append, load, without_families

from autotext import load_pipeline

OUT = RESULTS / "interrupt.jsonl"


def run(tasks_dir: Path, name: str, rows: int, after: float) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        about, _, train, _ = load(tasks_dir, name, 0, rows, Path(folder))
        options, environment = without_families(about["family"])
        command = [sys.executable, "-m", "autotext", "optimize", str(train), "--budget", "60s", *options, "--out",
                   f"{folder}/pipeline", *(["--metric", METRICS[name]] if name in METRICS else [])]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        assert process.stderr is not None
        # The first line says that the data was read; the search begins with it.
        process.stderr.readline()
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        interrupted = time.monotonic()
        process.communicate()
        answered = time.monotonic() - interrupted
        pipeline = load_pipeline(f"{folder}/pipeline")
        predicted = pipeline.predict(["새로운 문장을 입력하세요.", "a new sentence"])
        report = pipeline.report
        assert report is not None
        assert len(predicted) == 2
    return {"task": name, "exit": process.returncode, "status": report.status, "judged": len(report.evaluations),
            "refitted": bool(report.chosen), "score": report.score, "seconds_to_end": round(answered, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--after", type=float, default=5.0, help="seconds after the start of the search")
    parser.add_argument("--tasks", nargs="+", default=list(MAIN))
    arguments = parser.parse_args()
    OUT.unlink(missing_ok=True)
    for name in arguments.tasks:
        append(OUT, run(arguments.tasks_dir, name, arguments.rows, arguments.after))


if __name__ == "__main__":
    main()
