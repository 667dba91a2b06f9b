"""Peak memory of the whole process tree, and wall time, of ``autotext optimize`` on every task.

$ python benchmarks/memory.py --tasks-dir TASKS                                  # 20 s each; resumes, then prints the table
$ python benchmarks/memory.py --tasks-dir TASKS --budget 300 --tasks yahoo_topics
$ python benchmarks/memory.py --tasks-dir TASKS --table-only

All training rows are given. Memory is the proportional set size, summed over the processes five times a second, where the
system tells it (Linux), else what is each process's own. Lines go to results/memory.jsonl.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path

import psutil
from tasks import RESULTS, append, done

OUT = RESULTS / "memory.jsonl"
EVERY = 0.2
START_UP = 1.0


def tree_mib(process: psutil.Process) -> float:
    """Memory of a process and all below it."""
    total = 0.0
    with contextlib.suppress(psutil.Error):
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                found = one.memory_full_info()
                total += float(getattr(found, "pss", 0) or found.uss)
    return total / 2**20


def run(folder: Path, budget: float) -> dict:
    with (tempfile.TemporaryDirectory() as out, open(f"{out}/report.json", "w+", encoding="utf-8") as printed,
          open(f"{out}/said", "w+", encoding="utf-8") as said):
        command = [sys.executable, "-m", "autotext", "optimize", str(folder / "train.parquet"), "--budget", f"{budget:g}s",
                   "--out", f"{out}/pipeline", "--json"]
        started, peak = time.monotonic(), 0.0
        process = psutil.Popen(command, stdout=printed, stderr=said)
        while process.poll() is None:
            peak = max(peak, tree_mib(process))
            time.sleep(EVERY)
        wall = time.monotonic() - started
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{folder.name}: {said.read()}")
        printed.seek(0)
        report = json.load(printed)
    return {"task": folder.name, "budget": budget, "rows": report["task"]["rows"], "peak_mib": round(peak),
            "wall": round(wall, 2), "tried": len(report["evaluations"]), "notes": report["notes"]}


def table() -> None:
    lines = sorted(map(json.loads, OUT.read_text("utf-8").splitlines()), key=lambda line: -line["peak_mib"])
    print(f"{'task':28} {'budget':>6} {'rows':>8} {'peak MiB':>8} {'wall':>7} {'tried':>6}")
    for line in lines:
        print(f"{line['task']:28} {line['budget']:5g}s {line['rows']:8,} {line['peak_mib']:8,} {line['wall']:6.1f}s "
              f"{line['tried']:6,}")
    late = [line for line in lines if line["wall"] > 1.02 * line["budget"] + 0.5 + START_UP]
    print(f"{len(lines)} runs, greatest peak {lines[0]['peak_mib']:,} MiB, {len(late)} over their time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--budget", type=float, default=20.0)
    parser.add_argument("--tasks", nargs="+", help="names; all by default")
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    for folder in sorted(path.parent for path in arguments.tasks_dir.glob("*/task.json")):
        wanted = not arguments.table_only and (not arguments.tasks or folder.name in arguments.tasks)
        if wanted and (folder.name, arguments.budget) not in done(OUT, "task", "budget"):
            append(OUT, run(folder, arguments.budget))
    table()


if __name__ == "__main__":
    main()
