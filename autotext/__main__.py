"""``python -m autotext``, which is the command ``autotext``."""

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
    """Run the command line. An interrupt is answered in one line from here on: the heavy imports are made inside."""
    try:
        with _started(sys.argv[1:]) as workers:
            from autotext.cli.main import main as run

            run(workers=workers)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; nothing was written\n")
        sys.exit(130)


def _started(arguments: Sequence[str]) -> contextlib.AbstractContextManager[Pool | None]:
    """Worker processes that start while this one still imports and reads; none where nothing is searched."""
    from autotext.workers.forked import may_fork
    from autotext.workers.pool import Pool, usable_cores

    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--workers", type=int)
    with contextlib.suppress(argparse.ArgumentError):
        number = parser.parse_known_args(arguments)[0].workers
        if arguments[:1] and arguments[0] in _SEARCHING and (number is None or number > 0):
            if may_fork():
                # Copies of this process have imported what it has.
                importlib.import_module("autotext.optimize")
            return Pool(number or usable_cores())
    return contextlib.nullcontext()


if __name__ == "__main__":
    main()
