"""The command ``autotext recommend``."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from dataclasses import asdict

from autotext.evaluation import json_value
from autotext.recommend import Recommendation, recommend_pipeline


def run_recommend(arguments: argparse.Namespace) -> Recommendation:
    """Recommend a pipeline for the file that a command names, and print the recommendation.

    Parameters
    ----------
    arguments : argparse.Namespace
        As the command line parsed them.
    """
    recommendation = recommend_pipeline(
        arguments.file, text=arguments.text, label=arguments.label, separator=arguments.separator, language=arguments.language,
        encoding=arguments.encoding, space=arguments.space, metric=arguments.metric, seconds=arguments.seconds,
        experience=arguments.experience, seed=arguments.seed)
    task = recommendation.task
    print(f"{task.name}: {len(task):,} rows, {len(task.classes):,} classes, {task.kind}", file=sys.stderr)
    for finding in task.findings:
        print(f"! {finding}", file=sys.stderr)
    if arguments.json:
        fields = asdict(recommendation) | {"task": recommendation.task.name}
        print(json.dumps(json_value(fields), ensure_ascii=False, indent=1))
    else:
        print(recommendation)
        if arguments.out is None:
            print(f"\nNext:\n  autotext recommend {shlex.quote(arguments.file)} ... --out DIR   # fit and save it\n"
                  f"  autotext optimize {shlex.quote(arguments.file)} ...             # search for a better one")
    return recommendation
