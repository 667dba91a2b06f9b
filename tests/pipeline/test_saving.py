"""What a save may touch, and what stands in the folder whenever it ends."""

import os
import shutil
from pathlib import Path

import pytest

from autotext import TextPipeline, load_pipeline

FORMAT_1 = Path(__file__).parent.parent / "golden" / "format-1"
TEXTS = ["so good", "very good", "so nice", "very bad", "so bad", "too poor"] * 2
LABELS = ["+", "+", "+", "-", "-", "-"] * 2
CONFIGURATION = {"tokenizer": "words", "features": "word_tfidf", "model": "ridge"}


@pytest.fixture(scope="module")
def old():
    return TextPipeline(CONFIGURATION).fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def new():
    return TextPipeline({**CONFIGURATION, "model": "logistic"}).fit(TEXTS, LABELS)


@pytest.fixture
def saved(old, tmp_path):
    return old.save(tmp_path / "saved")


def content(folder):
    """Every file below a folder by its path, links as such."""
    return {str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file()}


def model_of(folder):
    return load_pipeline(folder).configuration["model"]


def test_a_folder_of_the_first_format_loads_and_is_replaced(new, tmp_path):
    folder = shutil.copytree(FORMAT_1, tmp_path / "saved")
    loaded = load_pipeline(folder)
    assert list(loaded.predict(TEXTS[:6])) == LABELS[:6]
    assert loaded.predict_proba(["so good", "bad"])[:, 0] == pytest.approx([0.9992394, 7.0226e-05], abs=1e-6)
    assert loaded.report.chosen == "ab"
    new.save(folder)
    assert model_of(folder) == "logistic"
    assert not {"state.json", "arrays.npz", "report.json"} & set(content(folder))
    before = content(folder)
    new.save(folder)
    assert set(content(folder)) == set(before)
