"""The wheel and the editable install both find what is not code."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from autotext.benchmark import shipped_arms, shipped_suites, shipped_tasks
from autotext.components.catalog import read_catalog
from autotext.space import shipped_spaces

ROOT = Path(__file__).parent.parent
NAMES = tuple(sorted(path.stem for path in (ROOT / "search_spaces").glob("*.yaml")))


def test_the_editable_install_finds_the_spaces():
    assert shipped_spaces() == NAMES
    assert "default" in NAMES


def test_the_wheel_finds_what_is_no_code(tmp_path):
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
                   check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
        assert not [name for name in archive.namelist() if name.startswith(("tests/", "benchmarks/"))]
    code = ("import autotext, json, sys; from autotext.space import shipped_spaces; "
            "from autotext.components.catalog import read_catalog; "
            "from autotext.benchmark import Arm, Suite, shipped_arms, shipped_suites, shipped_tasks; "
            "print(json.dumps([autotext.__file__, shipped_spaces(), len(autotext.Experience.shipped().tasks), "
            "len(read_catalog()), [Arm.read(name).name for name in shipped_arms()], "
            "[Suite.read(name).name for name in shipped_suites()], shipped_tasks()]))")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    printed = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path,
                             env=environment).stdout
    place, spaces, n_tasks, n_models, arms, suites, tasks = json.loads(printed)
    assert Path(place).is_relative_to(tmp_path)
    assert tuple(spaces) == NAMES
    assert n_tasks > 10
    assert n_models == len(read_catalog())
    assert (tuple(arms), tuple(suites), tuple(tasks)) == (shipped_arms(), shipped_suites(), shipped_tasks())
