"""The commands ``autotext experience show | merge | export | forget | replay``."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

import numpy as np

from autotext.arguments import check_path
from autotext.cli.imports import add_import_option
from autotext.components import registry
from autotext.errors import AutotextError, describe_error
from autotext.meta import Experience, ExperienceFolder, shipped_learner
from autotext.meta.experience_folder import anonymous, without_folders
from autotext.replay import render, replay
from autotext.space import Configuration, SearchSpace, shipped_spaces


def add_experience_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands about what earlier searches found to the command line.

    Parameters
    ----------
    commands : subparsers of argparse

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_experience_commands(parser.add_subparsers())
    >>> parser.parse_args(["experience", "show", "mine"]).folder.name
    'mine'
    """
    experience = commands.add_parser("experience", help="show or change what earlier searches found",
                                     description="Show or change a folder in which searches left what they found, for later "
                                     "ones to learn from: autotext optimize ... --experience DIR.")
    actions = experience.add_subparsers(title="commands", required=True, metavar="COMMAND")
    show = actions.add_parser("show", help="tasks, how many results there are of each, and the best",
                              description="Show of which tasks there are results in a folder, how many, and the best one.")
    merge = actions.add_parser("merge", help="add what other folders or files hold",
                               description="Add to a folder what other folders, or files that export wrote, hold.")
    export = actions.add_parser("export", help="write everything to one file, to give to others",
                                description="Write all results of a folder to one file. It holds no texts and no labels; "
                                "tasks are called by a fingerprint of their rows.")
    forget = actions.add_parser("forget", help="delete what was found on a task",
                                description="Delete all results of the tasks of a name.")
    for action, run in ((show, _show), (merge, _merge), (export, _export), (forget, _forget)):
        action.add_argument("folder", metavar="DIR", type=Path, help="folder of the results")
        action.set_defaults(run=run, imports=[])
    merge.add_argument("others", metavar="DIR_OR_FILE", type=Path, nargs="+", help="where others are")
    export.add_argument("--out", metavar="F", type=Path, required=True, help="a .json file")
    export.add_argument("--names", action="store_true", help="leave the names of the tasks in it")
    replayed = actions.add_parser("replay", help="how good meta-learners are, told from recorded results",
                                  description="Let meta-learners search each prior task by looking up what was recorded, its "
                                  "family left out of what they learn: how far the best of what they choose is from the best "
                                  "recorded. No model is fitted; a minute or two for each meta-learner.")
    replayed.add_argument("--learner", metavar="NAME", action="append", help="registered meta-learner; repeat it for several: "
                          "ratios are to the first (default: portfolio, hierarchical)")
    replayed.add_argument("--experience", metavar="DIR_OR_FILE", type=Path, help="results to replay (default: those that come "
                          "with autotext)")
    replayed.add_argument("--space", default="default", help=f"{', '.join(shipped_spaces())}, or a .yaml file (default: "
                          "default)")
    replayed.set_defaults(run=_replay)
    add_import_option(replayed)
    forget.add_argument("name", metavar="NAME", help="of the task, or the fingerprint of its rows")


def _open(path: Path) -> ExperienceFolder:
    folder = ExperienceFolder(path)
    if not folder.files:
        raise AutotextError(f"There are no results of searches in {str(path)!r}; autotext optimize FILE --experience "
                            f"{path} leaves some there.")
    return folder


def _show(arguments: argparse.Namespace) -> None:
    experience = _open(arguments.folder).read()
    print(f"{'results':>8}  {'best':>7}  {'metric':12}  {'task':24}  best pipeline")
    for task, scores in zip(experience.tasks, experience.scores, strict=True):
        if np.isnan(scores).all():
            continue
        best = int(np.argmax(np.where(np.isnan(scores), -np.inf, scores)))
        has_score = bool(np.isfinite(scores[best]))
        print(f"{int((~np.isnan(scores)).sum()):8,}  {f'{scores[best]:.4f}' if has_score else '-':>7}  {task.metric:12}  "
              f"{task.name if task.name.isprintable() else repr(task.name):24}  "
              f"{Configuration(experience.configurations[best]).describe() if has_score else 'all failed'}")


def _merge(arguments: argparse.Namespace) -> None:
    folder = ExperienceFolder(arguments.folder)
    others = [_read(path) for path in arguments.others]
    for other in others:
        try:
            folder.merge(other)
        except OSError as error:
            raise AutotextError(f"Nothing can be written in {str(arguments.folder)!r}: {describe_error(error)}.") from error
    n_tasks = sum(len(other.tasks) for other in others)
    print(f"Results of {n_tasks:,} tasks were added to {arguments.folder}, which now holds {len(folder.read().tasks):,} tasks.")


def _export(arguments: argparse.Namespace) -> None:
    whole = _open(arguments.folder).read()
    experience = without_folders(whole)
    out = check_path(arguments.out, "--out")
    if out.suffix != ".json" or out.resolve().parent == arguments.folder.resolve():
        raise AutotextError(f"--out {str(out)!r}: name a file that ends in .json, outside of {arguments.folder}.")
    try:
        (experience if arguments.names else anonymous(experience)).write(out)
    except OSError as error:
        raise AutotextError(f"--out {str(out)!r} cannot be written: {describe_error(error)}.") from error
    print(f"{len(experience.results):,} results of {len(experience.tasks):,} tasks were written to {out}.")
    if left := len(whole.results) - len(experience.results):
        print(f"{left:,} results with pretrained models were left out, as they name folders of this machine.")


def _replay(arguments: argparse.Namespace) -> None:
    names = arguments.learner or ["portfolio", "hierarchical"]
    learners = {name: type(shipped_learner(name)) for name in names}
    experience = Experience.shipped() if arguments.experience is None else _read(arguments.experience)
    space = SearchSpace.read(arguments.space).check(registry())[0]
    replays = {name: replay(learner, experience, space, partial(_show_progress, name)) for name, learner in learners.items()}
    print(render(replays))


def _read(path: Path) -> Experience:
    return Experience.read(path) if path.is_file() else _open(path).read()


def _show_progress(name: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "" if done + 1 < total else "\n"
        print(f"\r{name}: {done + 1:,} of {total:,} families", end=end, file=sys.stderr, flush=True)


def _forget(arguments: argparse.Namespace) -> None:
    n_results = _open(arguments.folder).forget(arguments.name)
    print(f"{n_results:,} results of {arguments.name!r} were deleted from {arguments.folder}.")
