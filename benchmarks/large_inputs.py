"""Wall time and peak memory of ``autotext optimize`` on inputs that are large in one way each; all are made here.

$ python benchmarks/large_inputs.py                    # 30 s each; runs what is missing, then prints the table
$ python benchmarks/large_inputs.py --only many_labels long_texts --budget 30
$ python benchmarks/large_inputs.py --table-only

Memory is the proportional set size of the process tree. A run is kept where it ends in time with a pipeline, or is refused at
once with a budget that works, which is then tried. Lines go to results/large_inputs.jsonl. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from memory import tree_mib
from tasks import RESULTS, append, done

OUT = RESULTS / "large_inputs.jsonl"
EVERY = 0.2
MOST_MIB = 2048.0
SYLLABLES = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "u", "ai") for c in ("", "n", "r", "s", "l")]
WORDS = np.array([f"{a}{b}" for a in SYLLABLES[::3] for b in SYLLABLES])


def texts(rng: np.random.Generator, classes: np.ndarray, n_words: int, n_classes: int) -> list[str]:
    """Texts of so many words, every third of them typical of the class of the row."""
    typical = np.random.default_rng(n_classes).integers(0, len(WORDS), (n_classes, 12))
    drawn = rng.integers(0, len(WORDS), (len(classes), n_words))
    drawn[:, ::3] = typical[classes[:, None], rng.integers(0, 12, (len(classes), len(range(0, n_words, 3))))]
    return [" ".join(WORDS[row]) for row in drawn]


def many_labels(path: Path, rng: np.random.Generator, n_rows: int = 20_000, n_labels: int = 3000) -> Path:
    """Rows with one to five of 3,000 labels, some of which are frequent."""
    shares = 1.0 / np.arange(1, n_labels + 1) ** 0.8
    rows = [sorted(set(rng.choice(n_labels, rng.integers(1, 6), p=shares / shares.sum()).tolist())) for _ in range(n_rows)]
    made = texts(rng, np.array([row[0] for row in rows]), 12, n_labels)
    return table(path, made, [[f"label{label}" for label in row] for row in rows])


def many_rows(path: Path, rng: np.random.Generator, n_rows: int = 200_000) -> Path:
    """Short texts."""
    classes = rng.integers(0, 6, n_rows)
    return table(path, texts(rng, classes, 8, 6), [f"class{label}" for label in classes])


def workbook(path: Path, rng: np.random.Generator, n_rows: int = 50_000) -> Path:
    """An xlsx file."""
    from openpyxl import Workbook

    classes = rng.integers(0, 6, n_rows)
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["text", "label"])
    for text, label in zip(texts(rng, classes, 15, 6), classes, strict=True):
        sheet.append([text, f"class{label}"])
    book.save(path := path.with_suffix(".xlsx"))
    return path


def long_texts(path: Path, rng: np.random.Generator, n_rows: int = 500, characters: int = 1_000_000) -> Path:
    """Texts of a megabyte each."""
    classes = rng.integers(0, 4, n_rows)
    return table(path, [texts(rng, classes[row : row + 1], characters // 5, 4)[0][:characters] for row in range(n_rows)],
                 [f"class{label}" for label in classes])


def many_classes(path: Path, rng: np.random.Generator, n_rows: int = 40_000, n_classes: int = 10_000) -> Path:
    """Four rows of each of 10,000 classes."""
    classes = np.arange(n_rows) % n_classes
    return table(path, texts(rng, classes, 12, n_classes), [f"class{label}" for label in classes])


CASES: dict[str, Callable[[Path, np.random.Generator], Path]] = {
    case.__name__: case for case in (many_labels, many_rows, workbook, long_texts, many_classes)}


def table(path: Path, rows: list[str], labels: list) -> Path:
    path = path.with_suffix(".parquet")
    # A dictionary of distinct texts, which pyarrow would begin, must be decoded whole.
    pq.write_table(pa.table({"text": rows, "labels" if isinstance(labels[0], list) else "label": labels}), path,
                   use_dictionary=False)
    return path


def optimize(file: Path, budget: float, folder: Path) -> tuple[float, float, int, dict, str]:
    """Wall time, peak memory, exit code, report, and what was said."""
    command = [sys.executable, "-m", "autotext", "optimize", str(file), "--budget", f"{budget:g}s", "--out",
               str(folder / "pipeline"), "--json"]
    with open(folder / "report.json", "w+") as printed, open(folder / "said", "w+") as said:
        started, peak = time.monotonic(), 0.0
        process = psutil.Popen(command, stdout=printed, stderr=said)
        while process.poll() is None:
            peak = max(peak, tree_mib(process))
            time.sleep(EVERY)
        wall = time.monotonic() - started
        printed.seek(0)
        said.seek(0)
        report = json.load(printed) if process.returncode == 0 else {}
        return wall, peak, process.returncode, report, said.read()


def run(name: str, budget: float) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        file = CASES[name](Path(folder) / name, np.random.default_rng(0))
        wall, peak, code, report, said = optimize(file, budget, Path(folder))
        line = {"case": name, "budget": budget, "wall": round(wall, 1), "peak_mib": round(peak), "exit": code}
        if code:
            least = re.search(r"budget=(\d+)", said)
            line["said"] = said.strip().splitlines()[-1][-300:]
            if least and wall < 0.5 * budget:
                line["then"] = {"budget": int(least[1]), **run_again(file, float(least[1]), Path(folder))}
            return line
        return {**line, "score": report["score"], "judged": sum(bool(entry["fold_scores"]) for entry in report["evaluations"]),
                "answer": report["chosen"] or "first", "seconds": {name: round(took, 1) for name, took in
                                                                   report["seconds"].items()}, "notes": report["notes"]}


def run_again(file: Path, budget: float, folder: Path) -> dict:
    wall, peak, code, report, _ = optimize(file, budget, folder)
    return {"wall": round(wall, 1), "peak_mib": round(peak), "exit": code, "score": report.get("score")}


def show(budget: float) -> None:
    print(f"{'case':14} {'wall':>7} {'peak':>10}  {'score':>7}  judged  outcome")
    for line in map(json.loads, OUT.read_text("utf-8").splitlines()):
        if line["budget"] != budget:
            continue
        kept = line["wall"] <= 1.02 * budget + 1.5 and line["peak_mib"] <= MOST_MIB
        outcome = line.get("said") or ", ".join(["budget and memory kept" if kept else "NOT KEPT", line["answer"]])
        print(f"{line['case']:14} {line['wall']:5.1f} s {line['peak_mib']:6,} MiB  {line.get('score') or float('nan'):7.4f}  "
              f"{line.get('judged', 0):6}  {outcome} {line.get('then', '')}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=30.0)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    for name in arguments.only:
        if not arguments.table_only and (name, arguments.budget) not in done(OUT, "case", "budget"):
            append(OUT, run(name, arguments.budget))
    show(arguments.budget)


if __name__ == "__main__":
    main()
