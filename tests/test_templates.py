"""The templates of docs/ keep their contracts and take part in searches, from outside the package."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_templates():
    # A process of its own: what is registered stays registered.
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "docs/templates"], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 150
    assert "skipped" not in done.stdout
