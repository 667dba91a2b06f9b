"""How many of the first 100 rows that a search reports as mislabelled are so, where 5 % of the labels were changed at random.

$ python benchmarks/label_issues.py --tasks-dir TASKS    # runs what is missing, then the table
$ python benchmarks/label_issues.py --table

Each search has 4,000 rows, 30 seconds and one core, and its family is left out of the experience. What was mislabelled before
counts against it. Lines go to results/label_issues.jsonl.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from tasks import RESULTS, append, done

from autotext import Experience, Task, optimize_pipeline
from autotext.meta import meta_learners
from autotext.task import sample_rows

OUT = RESULTS / "label_issues.jsonl"
TASKS = ("snips", "clinc150", "ko_3i4k", "zh_thucnews", "stackoverflow_titles", "id_smsa", "tweet_emotion", "de_gnad10")
ROWS, SECONDS, SHARE, FIRST = 4000, 30.0, 0.05, 100


def run(tasks_dir: Path, name: str) -> dict:
    """One line."""
    about = json.loads((tasks_dir / name / "task.json").read_text("utf-8"))
    task = Task.read(tasks_dir / name / "train.parquet")
    task = task.rows(sample_rows(task.texts, task.targets, ROWS, 0))
    rng, labels = np.random.default_rng(0), list(task.labels)
    changed = set(rng.choice(len(task), int(SHARE * len(task)), replace=False).tolist())
    for row in changed:
        labels[row] = rng.choice([label for label in task.classes if label != labels[row]])
    learner = meta_learners()["portfolio"]().fit(Experience.shipped().without(about["family"]))
    report = optimize_pipeline(list(task.texts), labels, budget=SECONDS, workers=1, meta_learner=learner).report
    assert report is not None
    issues = [issue["row"] - 1 in changed for issue in report.label_issues]
    return {"task": name, "rows": len(task), "changed": len(changed), "issues": len(issues), "right": sum(issues),
            "right_of_first": sum(issues[:FIRST]), "first": min(FIRST, len(issues)), "expected": report.expected_score}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path)
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    for name in () if arguments.table else arguments.tasks:
        if (name,) not in done(OUT, "task"):
            append(OUT, run(arguments.tasks_dir, name))
    lines = [json.loads(text) for text in OUT.read_text("utf-8").splitlines()]
    for line in lines:
        print(f"{line['task']:22} {line['right_of_first']:3} of the first {line['first']:3} are changed labels; "
              f"{line['right']} of {line['changed']} are among {line['issues']}")
    print(f"mean precision {np.mean([line['right_of_first'] / max(line['first'], 1) for line in lines]):.2f}")


if __name__ == "__main__":
    main()
