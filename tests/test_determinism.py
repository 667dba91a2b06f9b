import json

import pytest

SEARCH = """
import json
from autotext import Budget, optimize_pipeline
from conftest import QUICK, toy

open("quick.yaml", "w", encoding="utf-8").write(QUICK)
texts, labels = toy({name!r})
pipeline = optimize_pipeline((texts, labels), budget=Budget(seconds=None, trials=30), workers=1, seed={seed},
                             space={space!r}, meta_learner={learner!r})
record = {{
    "hash": hash("text"),
    "configurations": [dict(entry.configuration) for entry in pipeline.report.evaluations],
    "fingerprints": [entry.fingerprint for entry in pipeline.report.evaluations],
    "scores": [entry.score for entry in pipeline.report.evaluations],
    "folds": [entry.fold_scores for entry in pipeline.report.evaluations],
    "sizes": [entry.size for entry in pipeline.report.evaluations],
    "trials": pipeline.report.trials,
    "ensemble": [dict(member) for member in pipeline.report.ensemble],
    "statuses": pipeline.report.statuses,
    "chosen": pipeline.report.chosen,
    "honest": [pipeline.report.expected_score, pipeline.report.expected_interval],
    "decision": [pipeline.fitted_.decision.temperature, pipeline.fitted_.decision.threshold],
    "probabilities": pipeline.predict_proba(texts + ["something else", "다른 것"]).tolist(),
}}
print(json.dumps(record))
"""


def searched(script, hashes, name="multilabel", space="default", seed=0, learner="default"):
    code = SEARCH.format(name=name, space=space, seed=seed, learner=learner)
    record = json.loads(script(code, PYTHONHASHSEED=hashes))
    assert record["trials"] == 30
    return record


@pytest.mark.parametrize("name", ["korean", "multilabel"])
def test_one_worker_and_no_clock_give_the_same_in_every_process(script, name):
    first, second = searched(script, "1", name), searched(script, "2", name)
    assert first.pop("hash") != second.pop("hash")
    assert first == second
    assert set(first["statuses"]) == {"ok"}


def test_another_seed_searches_elsewhere(script):
    first, second = (searched(script, "0", "binary", "quick.yaml", seed, None) for seed in (0, 1))
    assert first["configurations"] != second["configurations"]
