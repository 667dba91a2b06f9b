"""Pipelines that earlier versions saved still load and answer the same."""

import json
from pathlib import Path

import numpy as np
import pytest
from golden.make import ANSWERS, ASKED

from autotext import load_pipeline
from autotext.components import registry

FOLDERS = sorted((Path(__file__).parent.parent / "golden").glob("format-*/*/"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_saved_pipeline_answers_as_it_did(folder):
    answers = json.loads((folder / ANSWERS).read_text("utf-8"))
    pipeline = load_pipeline(folder / "pipeline")
    assert pipeline.predict(ASKED).tolist() == answers["predictions"]
    np.testing.assert_allclose(pipeline.predict_proba(ASKED), answers["probabilities"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_saved_again_it_still_answers_so(folder, tmp_path):
    pipeline = load_pipeline(folder / "pipeline")
    again = load_pipeline(pipeline.save(tmp_path / "again"))
    np.testing.assert_array_equal(again.predict_proba(ASKED), pipeline.predict_proba(ASKED))


def test_every_component_was_saved_in_one_of_them():
    pipelines = [load_pipeline(folder / "pipeline") for folder in FOLDERS]
    saved = {(part.stage, part.name) for pipeline in pipelines for part in pipeline.fitted_.chain.components}
    assert saved >= {(stage, name) for stage, classes in registry().items() for name, cls in classes.items()
                     if cls.__module__.startswith("autotext.")}
