"""Pretrained models that are chosen by language and time."""

import re
import threading

import pytest
from conftest import toy

from autotext import Budget, optimize_pipeline
from autotext.components import catalog
from autotext.components.catalog import read_catalog, select_from_catalog, select_models
from autotext.components.transformer_feature import TransformerFeature
from autotext.errors import SpaceError
from autotext.space import SearchSpace, shipped_spaces


@pytest.fixture(autouse=True)
def _without_gpu(monkeypatch):
    monkeypatch.setattr(catalog, "_has_gpu", lambda: False)


def test_every_model_has_a_revision_and_a_licence_and_smaller_ones_stand_first():
    for rung in read_catalog():
        assert re.fullmatch("[0-9a-f]{40}", rung.revision), rung.id
        assert rung.licence in ("mit", "apache-2.0")
    for static in (True, False):
        sizes = [rung.millions for rung in read_catalog() if rung.static == static]
        assert sizes == sorted(sizes)


@pytest.mark.parametrize(("language", "seconds", "largest"), [
    ("ko", 60.0, 38), ("ko", 400.0, 118), ("ko", None, 568), ("en", 60.0, 33), ("th", 400.0, 118), ("xx", 60.0, None)])
def test_the_more_time_there_is_the_larger_they_are(language, seconds, largest):
    found = select_models(language, seconds)
    assert [rung.static for rung in found[:1]] == [True]
    assert max((rung.millions for rung in found if not rung.static), default=None) == largest
    assert all({language, "xx"} & set(rung.languages) for rung in found)


def test_what_cannot_be_had_is_left_out_and_the_report_says_so(monkeypatch, encoder_folder):
    asked = []

    def downloaded(name, revision, allow_patterns, local_files_only=False):
        if local_files_only:
            raise FileNotFoundError
        asked.append((name, revision))
        if "potion" in name:
            raise OSError("no network")
        return encoder_folder

    monkeypatch.setattr("huggingface_hub.snapshot_download", downloaded)
    found, missed = select_from_catalog("ko", 60.0)
    assert found == {"encoder": (encoder_folder,), "fine_tuned": (encoder_folder,)}
    assert sorted(asked) == sorted((rung.id, rung.revision) for rung in select_models("ko", 60.0))
    assert len(missed) == 1
    assert "no network" in missed[0]
    report = optimize_pipeline(toy("korean"), encoders="auto", workers=1, budget=Budget(seconds=None, trials=6)).report
    assert any(line.startswith("minishlab/potion") for line in report.removed)
    assert any("encoder" in entry.configuration["features"] for entry in report.evaluations)


def test_without_torch_no_transformer_is_downloaded(monkeypatch, static_folder):
    asked = []
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda name, **_: asked.append(name) or static_folder)
    monkeypatch.setattr(TransformerFeature, "requires", "no_such_torch")
    found, missed = select_from_catalog("en", 60.0)
    assert found == {"static_embedding": (static_folder,)}
    assert set(asked) == {"minishlab/potion-base-8M"}
    assert all("pip install" in line for line in missed)
    assert len(missed) == 2


def test_a_slow_network_takes_no_more_than_a_fifth_of_the_time(monkeypatch):
    waiting = threading.Event()
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: waiting.wait(60.0))
    found, missed = select_from_catalog("en", 2.0)
    waiting.set()
    assert found == {}
    assert all("fifth of the time" in line for line in missed)
    assert missed


def test_the_list_is_no_search_space():
    assert "encoders" not in shipped_spaces()
    with pytest.raises(SpaceError, match="Unknown search space 'encoders'"):
        SearchSpace.read("encoders")
