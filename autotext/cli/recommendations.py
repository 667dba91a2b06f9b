"""The command ``autotext recommend``."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import asdict

from autotext.cli.printing import print_json
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
        print_json(fields)
    else:
        print(recommendation)
        if arguments.out is None:
            columns = [("--text", arguments.text), ("--label", arguments.label), ("--separator", [arguments.separator])]
            typed = [shlex.quote(arguments.file), *(f"{option} {shlex.quote(name)}" for option, names in columns
                                                    for name in names or () if name is not None)]
            print(f"\nNext:\n  autotext recommend {' '.join(typed)} --out DIR   # fit and save it\n"
                  f"  autotext optimize {' '.join(typed)}   # search for a better one")
    return recommendation
