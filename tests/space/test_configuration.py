import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotext import Configuration
from autotext.space import Choice, Float, Int

VALUES = {
    "model": "ridge",
    "features": "word_tfidf+char_tfidf",
    "tokenizer": "words",
    "model.ridge.alpha": 1.0,
    "normalizer.casing.use": True,
}


def test_equal_for_any_order_and_different_for_any_value():
    configuration = Configuration(VALUES)
    assert configuration == Configuration(dict(reversed(VALUES.items())))
    assert hash(configuration) == hash(Configuration(dict(reversed(VALUES.items()))))
    others = [
        {**VALUES, name: value}
        for name, value in [("model.ridge.alpha", 1.5), ("normalizer.casing.use", False), ("tokenizer", "kiwi")]
    ]
    assert len({configuration, *map(Configuration, others)}) == 4
    assert configuration != VALUES


def test_changes_of_the_source_do_not_reach_it():
    values = dict(VALUES)
    configuration = Configuration(values)
    values["model"] = "sgd"
    configuration.to_json()["model"] = "sgd"
    assert configuration["model"] == "ridge"
    with pytest.raises(TypeError):
        configuration["model"] = "sgd"


def test_parts():
    configuration = Configuration(VALUES)
    assert configuration.blocks == ("word_tfidf", "char_tfidf")
    assert configuration.parameters("model", "ridge") == {"alpha": 1.0}
    assert configuration.parameters("model", "rid") == {}
    assert configuration.describe() == "words > word_tfidf + char_tfidf > ridge"
    assert list(configuration) == sorted(VALUES)


def test_another_process_gives_the_same_fingerprint():
    code = f"from autotext.space import Configuration; print(Configuration({VALUES!r}).fingerprint)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == Configuration(VALUES).fingerprint


@given(st.integers(0, 2**32 - 1), st.integers(1, 1000), st.integers(0, 1000), st.booleans())
@settings(deadline=None, database=None, max_examples=60)
def test_what_is_drawn_is_inside(seed, low, width, log):
    rng = np.random.default_rng(seed)
    for domain in (Int(low, low + width, log), Float(low / 7, (low + width) / 7, log), Choice((low, str(low), True))):
        drawn = domain.sample(rng)
        assert drawn in domain
        assert domain.default in domain
        assert domain.within(domain)


def test_every_whole_number_is_drawn_log_or_not():
    rng = np.random.default_rng(0)
    for log in (False, True):
        assert {Int(1, 4, log).sample(rng) for _ in range(200)} == {1, 2, 3, 4}


def test_logarithmic_draws_spread_over_magnitudes():
    rng = np.random.default_rng(0)
    drawn = [math.log10(Float(1e-4, 1.0, log=True).sample(rng)) for _ in range(400)]
    assert abs(np.median(drawn) + 2.0) < 0.3
    assert Float(1e-4, 1.0, log=True).default == pytest.approx(0.01)


def test_types_are_not_mixed_up():
    assert True not in Choice((1, 2))
    assert 1 not in Choice((True, False))
    assert "1" not in Choice((1,))
    assert True not in Int(0, 1)
    assert 1.0 not in Int(0, 1)
    assert True not in Float(0, 1)
    assert math.nan not in Float(0, 1)
    assert Int(1, 3).within(Int(1, 5))
    assert not Int(1, 6).within(Int(1, 5))
    assert not Float(0.0, 1.0).within(Int(0, 1))
    assert Choice((1, 3)).within(Int(1, 5))
    assert not Choice((1, 9)).within(Int(1, 5))
