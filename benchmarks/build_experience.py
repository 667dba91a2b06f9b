"""Make the shipped experience from the recorded lines, and fit the meta-learner that listens on it.

The same lines always give the same bytes of experience, and the same fit up to rounding.

$ python benchmarks/build_experience.py            # writes autotext/meta/prior/experience.json and population.npz
$ python benchmarks/build_experience.py --check    # only compares
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from autotext.meta import Experience, Hierarchical, merge_records
from autotext.meta.experience import SHIPPED
from autotext.meta.hierarchical import FITTED
from autotext.meta.population import Population

LINES = Path(__file__).parent / "results" / "experience"


def build(out: Path) -> None:
    records = [json.loads(line) for path in sorted(LINES.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    merge_records(records).write(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail if the shipped file would change")
    if not parser.parse_args().check:
        build(SHIPPED)
        FITTED.unlink(missing_ok=True)
        experience = Experience.shipped()
        Hierarchical().fit(experience).population.write(FITTED, experience.fingerprint)
        print(f"wrote {FITTED.name}, {FITTED.stat().st_size:,} bytes")
        print(f"wrote {SHIPPED.name}, {SHIPPED.stat().st_size:,} bytes")
        return
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / SHIPPED.name
        build(again)
        if again.read_bytes() != SHIPPED.read_bytes():
            sys.exit("the shipped experience differs from what its recorded lines give")
    experience = Experience.shipped()
    stored = Population.read(FITTED, experience.fingerprint)
    anew = Hierarchical(reads_fitted=False).fit(experience).population
    if stored is None or not np.allclose(stored.weights, anew.weights, atol=1e-3):
        sys.exit("the fitted population differs from what the shipped experience gives")
    print("identical")


if __name__ == "__main__":
    main()
