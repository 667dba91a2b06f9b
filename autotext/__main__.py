"""The command ``autotext``, also as ``python -m autotext``."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autotext.workers.pool import Pool

_SEARCHING = ("optimize", "demo")


def main() -> None:
    """Run the command line; as the slow imports are made inside, Ctrl-C during them is answered in one line, too."""
    try:
        with _started(sys.argv[1:]) as workers:
            from autotext.cli.main import main as run

            run(workers=workers)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; nothing was written\n")
        sys.exit(130)


def _started(arguments: Sequence[str]) -> contextlib.AbstractContextManager[Pool | None]:
    """Start worker processes while this process still imports and reads; none for a command that does not search."""
    from autotext.cli.imports import add_import_option, make_importable
    from autotext.workers.forked import may_fork
    from autotext.workers.pool import Pool, usable_cores

    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--workers", type=int)
    add_import_option(parser)
    with contextlib.suppress(argparse.ArgumentError):
        parsed = parser.parse_known_args(arguments)[0]
        if arguments[:1] and arguments[0] in _SEARCHING and (parsed.workers is None or parsed.workers > 0):
            # Workers import the same modules later, and find them where this process does now.
            make_importable(parsed.imports)
            if may_fork():
                # Copies of this process have imported what it has.
                importlib.import_module("autotext.optimize")
            return Pool(parsed.workers or usable_cores())
    return contextlib.nullcontext()


if __name__ == "__main__":
    main()
