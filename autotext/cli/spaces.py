"""The commands ``autotext space show`` and ``autotext space check``."""

from __future__ import annotations

import argparse

from autotext.cli.imports import add_import_option
from autotext.cli.printing import print_json
from autotext.components import registry
from autotext.space import SearchSpace, shipped_spaces
from autotext.space.resolved import resolve_space


def add_space_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands about search spaces to the command line.

    Parameters
    ----------
    commands : subparsers of argparse

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_space_commands(parser.add_subparsers())
    >>> parser.parse_args(["space", "check", "mine.yaml"]) is not None
    True
    """
    space = commands.add_parser("space", help="show or check a search space",
                                description="Show what a search space holds, or check a file of your own.")
    actions = space.add_subparsers(title="commands", required=True, metavar="COMMAND")
    show = actions.add_parser("show", help="every parameter, what it may be, and where that comes from",
                              description="Show a search space in full: each parameter, what it may be, whether the file, the "
                              "component, the task or the call decides that, and what must be installed to use it.")
    show.add_argument("space", metavar="SPACE", nargs="?", default="default",
                      help=f"{', '.join(shipped_spaces())}, or a .yaml file (default: default)")
    show.add_argument("--json", action="store_true", help="as JSON")
    show.set_defaults(run=_show)
    check = actions.add_parser("check", help="whether a file is a search space that can be used here",
                               description="Check a search-space file. What is wrong is named by its place in the file.")
    check.add_argument("space", metavar="FILE", help="a .yaml file, or a shipped space")
    check.set_defaults(run=_check)
    for action in (show, check):
        add_import_option(action)


def _show(arguments: argparse.Namespace) -> None:
    resolved = resolve_space(SearchSpace.read(arguments.space), registry())
    if arguments.json:
        print_json(resolved.to_json())
    else:
        print(resolved)


def _check(arguments: argparse.Namespace) -> None:
    space = SearchSpace.read(arguments.space)
    _, removed = space.check(registry(), language="en")
    counts = ", ".join(f"{len(getattr(space, stage))} {stage}" for stage in ("normalizer", "tokenizer", "features", "model"))
    print(f"{arguments.space} is a search space: {counts}, {len(space.sets)} sets of features.")
    for line in removed:
        print(f"Not used here: {line}.")
