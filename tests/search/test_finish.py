"""How the members of a team are refitted, and who answers where not all of them could be."""

from types import SimpleNamespace

import numpy as np
import pytest

from autotext import Budget
from autotext.evaluation import Evaluation
from autotext.honest import Honest
from autotext.metrics import Metric
from autotext.report import Report
from autotext.search.finish import Finish
from autotext.space import Configuration

CHEAP = Configuration({"features": "char_tfidf", "model": "ridge"})
OTHER = Configuration({"features": "word_tfidf", "model": "ridge"})
COSTLY = Configuration({"features": "fine_tuned", "features.fine_tuned.model": "minilm", "model": "logistic"})


class Pool:
    """Two workers that do a job each time they are waited for; remembers what ran beside what."""

    size = 2

    def __init__(self, failing=()):
        self.jobs, self.beside, self.failing = [], [], failing

    @property
    def idle(self):
        return self.size - len(self.jobs)

    @property
    def ready(self):
        return self.idle > 0

    def submit(self, message, deadline, note=None, waits=True):
        job = SimpleNamespace(status="", value=None, error="", configuration=message["configuration"])
        self.jobs.append(job)
        self.beside.append([other.configuration for other in self.jobs])
        return job

    def wait(self, seconds):
        job = self.jobs.pop(0)
        failed = job.configuration in self.failing
        job.status, job.value = ("timeout", None) if failed else ("ok", f"fitted {job.configuration['features']}")

    def cancel(self, job):
        self.jobs.remove(job)


def finish(pool):
    clock = SimpleNamespace(limited=True, remaining=100.0, slowdown=1.0, stretched=float)
    found = Finish(SimpleNamespace(test=True), None, None, Budget(seconds=100), clock, pool, None, None, np.zeros(10), 0)
    found.candidates = SimpleNamespace(margins=lambda evaluation: None)
    return found


def test_costly_members_are_refitted_last_and_alone():
    pool = Pool()
    fitted = finish(pool)._fit([COSTLY, CHEAP, COSTLY, OTHER], None, None)
    assert fitted == ["fitted fine_tuned", "fitted char_tfidf", "fitted fine_tuned", "fitted word_tfidf"]
    assert pool.beside == [[CHEAP], [CHEAP, OTHER], [COSTLY], [COSTLY]]


@pytest.mark.parametrize(("failing", "answers"), [((COSTLY,), 1), ((CHEAP, COSTLY), None)])
def test_where_not_all_members_are_ready_in_time_the_first_that_is_answers_alone(failing, answers, monkeypatch):
    members = [Evaluation(number, given.to_json(), given.fingerprint, "search", "ok", 0.5)
               for number, given in enumerate((COSTLY, CHEAP))]
    monkeypatch.setattr(Finish, "_alone", lambda self, report, evaluation, chain, margins: (evaluation.number, chain))
    found = finish(Pool(failing))
    result = found._team(None, SimpleNamespace(members=members), members[0])
    assert result == (None if answers is None else (answers, "fitted char_tfidf"))
    assert "An ensemble could not be refitted in the time left." in found.notes


@pytest.mark.parametrize("gain", [0.0, 0.05, 0.5])
def test_no_more_than_what_was_cross_validated_and_is_learned_from_more_rows_is_expected(gain):
    targets = np.arange(20) % 2
    answers = np.where(np.arange(20) < 4, 1 - targets, targets)
    found = finish(Pool())
    found.metric, found.targets = Metric("accuracy", "binary"), targets
    found.task, found.split = SimpleNamespace(test=True, classes=("a", "b")), SimpleNamespace(judged_folds=[np.arange(20)])
    found.candidates = SimpleNamespace(decided=lambda margins: (answers, np.eye(2)[answers]))
    found._honest = Honest(0.76, (0.6, 0.9), 200, learning=0.02)
    report = Report("running", {}, "accuracy", "fast", 0, 1, {}, ensemble_gain=gain)
    best = Evaluation(0, CHEAP.to_json(), CHEAP.fingerprint, "search", "ok", 0.75)
    result = found._alone(report, best, None, np.eye(2)[answers]).report
    assert result.score == 0.8
    assert result.honest_score == pytest.approx(0.76 + min(gain, 0.06))


@pytest.mark.parametrize("parts", [0, 2])
def test_how_many_were_judged_on_one_fold_alone_is_said(parts):
    found = finish(Pool())
    found.candidates.completed = lambda report: report
    found._completed(SimpleNamespace(evaluations=[SimpleNamespace(status=status) for status in ["part"] * parts + ["ok"]]))
    assert [note.split(" were ")[0] for note in found.notes] == ["2 fine-tuned candidates"] * (parts > 0)
