"""What `import autotext` takes beyond `import sklearn`, and what it loads.

$ python benchmarks/import_time.py

Alternates the two, each in a process of its own, and prints medians. Lines go to results/import_time.jsonl.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

OUT = Path(__file__).parent / "results" / "import_time.jsonl"
HEAVY = ("torch", "spacy", "transformers", "kiwipiepy", "datasets")


def seconds(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - started


def main() -> None:
    pairs = [(seconds("import sklearn"), seconds("import autotext"), seconds("import sklearn, sklearn.linear_model"))
             for _ in range(11)]
    code = f"import sys, autotext; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    bare, ours, models = (median(column) for column in zip(*pairs, strict=True))
    line = {"sklearn": round(bare, 3), "autotext": round(ours, 3), "sklearn.linear_model": round(models, 3),
            "more_than_sklearn": round(median(b - a for a, b, _ in pairs), 3), "heavy_modules": loaded}
    OUT.write_text(json.dumps(line) + "\n", "utf-8")
    print(line)


if __name__ == "__main__":
    main()
