"""Make the shipped experience from the recorded lines; the same lines always give the same bytes.

$ python benchmarks/build_experience.py            # writes autotext/meta/prior/experience.json
$ python benchmarks/build_experience.py --check    # only compares
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from autotext.meta import merge_records
from autotext.meta.experience import SHIPPED

LINES = Path(__file__).parent / "results" / "experience"


def build(out: Path) -> None:
    records = [json.loads(line) for path in sorted(LINES.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    merge_records(records).write(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail if the shipped file would change")
    if not parser.parse_args().check:
        build(SHIPPED)
        print(f"wrote {SHIPPED.name}, {SHIPPED.stat().st_size:,} bytes")
        return
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / SHIPPED.name
        build(again)
        if again.read_bytes() != SHIPPED.read_bytes():
            sys.exit("the shipped experience differs from what its recorded lines give")
    print("identical")


if __name__ == "__main__":
    main()
