"""How many evaluations a warm start saves: searches counted in candidates, so that a busy machine changes nothing but seconds.

$ python benchmarks/warm_starts.py --tasks-dir TASKS             # runs what is missing, then the table
$ python benchmarks/warm_starts.py --tasks-dir TASKS --further   # a task after five searches on other samples of it
$ python benchmarks/warm_starts.py --table

Each task has 1,000 rows, and its family is left out of the experience. A cold search evaluates 50 candidates, the others 25. A
candidate counts with its regularization path. With `--further`, six samples of a large task are searched, and each again after
the other five. Lines go to results/warm_starts.jsonl.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from statistics import median

import numpy as np
from budgets import TASKS
from tasks import METRICS, RESULTS, append, done

from autotext import Budget, Experience, MetaLearner, Task, optimize_pipeline
from autotext.meta import PriorTask, Result, describe, meta_learners
from autotext.report import Report
from autotext.task import sample_rows

OUT = RESULTS / "warm_starts.jsonl"
ROWS, COLD, WARM, SAMPLES = 1000, 50, 25, 6
LARGE = ("clinc150", "ko_3i4k", "zh_thucnews")
ARMS = ("cold", "portfolio", "hierarchical")


def search(task: Task, learner: MetaLearner | None, seed: int, trials: int, metric: str) -> Report:
    """The report of one search on one worker."""
    report = optimize_pipeline(task, meta_learner=learner, budget=Budget(seconds=None, trials=trials), workers=1, seed=seed,
                               metric=metric or None).report
    assert report is not None
    return report


def curve(report: Report) -> tuple[list[float], list[float]]:
    """Best score so far, and seconds so far, after each candidate."""
    scores: list[float] = []
    seconds: list[float] = []
    for entry in report.evaluations:
        if entry.origin != "path":
            scores.append(scores[-1] if scores else 0.0)
            seconds.append(seconds[-1] if seconds else 0.0)
        scores[-1] = max(scores[-1], entry.score or 0.0)
        seconds[-1] += entry.seconds
    return [round(score, 5) for score in scores], [round(second, 2) for second in seconds]


def line_of(name: str, arm: str, seed: int, report: Report) -> dict:
    """One line."""
    scores, seconds = curve(report)
    return {"task": name, "arm": arm, "seed": seed, "scores": scores, "seconds": seconds, "forecasts": report.forecasts}


def run_arms(arguments: argparse.Namespace) -> None:
    """Cold, from the portfolio, and listening."""
    for name in arguments.tasks:
        about = json.loads((arguments.tasks_dir / name / "task.json").read_text("utf-8"))
        whole = Task.read(arguments.tasks_dir / name / "train.parquet")
        for seed in arguments.seeds:
            task = whole.rows(sample_rows(whole.texts, whole.targets, ROWS, seed))
            for arm in ARMS:
                if (name, arm, seed) in done(OUT, "task", "arm", "seed"):
                    continue
                learner = None if arm == "cold" else meta_learners()[arm]().fit(Experience.shipped().without(about["family"]))
                report = search(task, learner, seed, COLD if arm == "cold" else WARM, METRICS.get(name, ""))
                append(OUT, line_of(name, arm, seed, report))


def experience_of(reports: list[tuple[Task, Report]]) -> Experience:
    """What searches found."""
    parts = [Experience((PriorTask(f"s{place}", "further", task.fingerprint, report.metric, describe(task)),),
                        tuple(entry.configuration for entry in report.evaluations),
                        tuple(Result(0, number, entry.score, entry.seconds) for number, entry in enumerate(report.evaluations)))
             for place, (task, report) in enumerate(reports)]
    return Experience().merge(*parts)


def run_further(arguments: argparse.Namespace) -> None:
    """Each of six disjoint samples of a task, alone, and after the five others."""
    for name in LARGE:
        if (name, "after five", SAMPLES - 1) in done(OUT, "task", "arm", "seed"):
            continue
        about = json.loads((arguments.tasks_dir / name / "task.json").read_text("utf-8"))
        whole = Task.read(arguments.tasks_dir / name / "train.parquet")
        order = np.random.default_rng(0).permutation(len(whole))
        tasks = [whole.rows(np.sort(part)) for part in np.array_split(order, len(whole) // ROWS)[:SAMPLES]]
        learner = meta_learners()["hierarchical"]().fit(Experience.shipped().without(about["family"]))
        alone = [(task, search(task, learner, seed, WARM, "")) for seed, task in enumerate(tasks)]
        for seed, (task, report) in enumerate(alone):
            others = experience_of([pair for pair in alone if pair[0] is not task])
            append(OUT, line_of(name, "alone", seed, report))
            append(OUT, line_of(name, "after five", seed, search(task, learner.extended(others), seed, WARM, "")))


def reached(line: dict, goal: float) -> tuple[int, float]:
    """Evaluations and seconds until a score is reached; one more, and all seconds, if it never is."""
    place = next((place for place, score in enumerate(line["scores"]) if score >= goal), None)
    return (len(line["scores"]) + 1, line["seconds"][-1]) if place is None else (place + 1, line["seconds"][place])


def print_tables() -> None:
    """Evaluations until what a cold search has after 50; and until 0.3 points below the best of two, alone and after five."""
    lines: dict[tuple[str, int], dict[str, dict]] = defaultdict(dict)
    for text in OUT.read_text("utf-8").splitlines():
        line = json.loads(text)
        lines[line["task"], line["seed"]][line["arm"]] = line
    groups = [group for group in lines.values() if set(ARMS) <= set(group)]
    for arm in ARMS[1:] if groups else ():
        pairs = [(reached(group[arm], group["cold"]["scores"][-1]), reached(group["cold"], group["cold"]["scores"][-1]))
                 for group in groups]
        early = np.mean([group[arm]["scores"][4] - group["cold"]["scores"][4] for group in groups])
        print(f"{arm}: what a cold search has after {COLD} is reached after {median(warm[0] for warm, _ in pairs)} evaluations "
              f"in the median of {len(pairs)} (cold: {median(cold[0] for _, cold in pairs)}), "
              f"{median(cold[1] / max(warm[1], 0.01) for warm, cold in pairs):.1f} times as fast; never within {WARM} in "
              f"{sum(warm[0] > WARM for warm, _ in pairs)}; {100 * early:+.1f} points after 5")
    for name in LARGE:
        groups = [group for (task, _), group in lines.items() if task == name and "after five" in group]
        goals = [max(group["alone"]["scores"][-1], group["after five"]["scores"][-1]) - 0.003 for group in groups]
        counts = {arm: [reached(group[arm], goal)[0] for group, goal in zip(groups, goals, strict=True)]
                  for arm in ("alone", "after five")}
        for arm, numbers in counts.items() if groups else ():
            first = np.mean([group[arm]["scores"][0] for group in groups])
            print(f"{name}, {arm}: {np.mean(numbers):.1f} evaluations on average ({numbers}), {100 * first:.1f} after the "
                  "first")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path)
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--further", action="store_true")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if not arguments.table:
        (run_further if arguments.further else run_arms)(arguments)
    print_tables()


if __name__ == "__main__":
    main()
