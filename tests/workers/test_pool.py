import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import toy

from autotext.errors import SearchError
from autotext.scoring.metrics import Metric, metric_names
from autotext.space import Configuration
from autotext.task import Split, Task
from autotext.workers import worker
from autotext.workers.messages import CrossValidate, Fit, Setup
from autotext.workers.pool import Pool

TESTS = Path(__file__).parent.parent
DEADLINE = 2.0
GOOD = {"features": "char_tfidf", "features.char_tfidf.span": "2-4", "model": "multinomial_nb"}


def misdeed(deed):
    return Configuration({**GOOD, "normalizer.misdeed.use": True, "normalizer.misdeed.deed": deed})


def setup(name="binary", metric=None, modules=("outside.hostile",)):
    task = Task.read(toy(name))
    return Setup(task.texts, task.targets, len(task.classes), Split.make(task, 0),
                 Metric(metric, task.kind) if metric else Metric.default(task.kind), 0, modules)


@pytest.fixture(scope="module")
def pool():
    sys.path.insert(0, str(TESTS))
    with Pool(1, memory_mib=700) as running:
        running.set_up(setup())
        yield running


def ended(pool, job, seconds=120.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if job in pool.wait(1.0):
            return job
    raise AssertionError("the job did not end")


def wait_for_ever(pool):
    for _ in range(100):
        pool.wait(1.0)


def judge(pool, configuration, deadline=60.0):
    return ended(pool, pool.submit(CrossValidate(Configuration(configuration)), deadline))


def started(pool, job):
    until = time.monotonic() + 60.0
    while job.started is None and time.monotonic() < until:
        assert not pool.wait(0.1)
    assert job.started is not None


def assert_alive(pool):
    job = judge(pool, GOOD)
    assert job.status == "ok", job.error
    assert job.value[0].score > 0.9


def test_a_good_candidate_is_judged(pool):
    job = judge(pool, GOOD)
    assert (job.status, job.error) == ("ok", "")
    assert job.value[0].margins.shape == (48, 2)
    assert len(job.value[0].fold_scores) == 5
    assert np.isfinite(job.value[0].margins).all()
    assert job.seconds > 0
    assert 20 < job.peak_mib < 700


def test_a_note_comes_back_with_the_answer(pool):
    note = object()
    job = pool.submit(Fit(Configuration(GOOD)), 60.0, note)
    assert pool.idle == 0
    assert pool.jobs == [job]
    assert ended(pool, job).note is note
    assert pool.idle == 1
    assert job.value.margins(["the film was lovely"]).shape == (1, 2)


def test_a_fit_on_some_rows_sees_only_these(pool):
    targets = setup().targets
    rows = np.flatnonzero(targets == 0)[:10]
    job = ended(pool, pool.submit(Fit(Configuration(GOOD), rows), 60.0))
    assert job.status == "ok"
    assert job.value.model.seen_[0].tolist() == [0]


@pytest.mark.parametrize("configuration", [misdeed("regex"), Configuration({**GOOD, "model": "long_svm"})],
                         ids=["regex that holds the lock", "fit inside C"])
def test_the_deadline_stops_what_python_cannot_interrupt(pool, configuration):
    job = judge(pool, configuration, DEADLINE)
    assert job.status == "timeout"
    assert "stopped after" in job.error
    assert job.value is None
    assert job.seconds >= DEADLINE
    assert_alive(pool)


def test_the_deadline_also_ends_processes_that_a_component_started(pool):
    job = pool.submit(CrossValidate(misdeed("children")), DEADLINE)
    begun, until = [], time.monotonic() + 60.0
    while job.status == "" and time.monotonic() < until:
        pool.wait(0.05)
        workers = psutil.Process().children()
        begun = [child for worker in workers if worker.is_running() for child in _children(worker)] or begun
    assert job.status == "timeout"
    assert begun
    _, alive = psutil.wait_procs(begun, timeout=20)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    assert_alive(pool)


def _children(process):
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def test_unbounded_allocation_is_stopped(pool):
    job = judge(pool, misdeed("memory"), 120.0)
    assert job.status == "memory", job.error
    assert "MiB" in job.error
    assert "700" in job.error
    assert 700 < job.peak_mib < 3000
    assert_alive(pool)


def test_a_segfault_costs_one_candidate(pool):
    job = judge(pool, misdeed("crash"))
    assert job.status == "failed"
    assert "SIGSEGV" in job.error
    assert_alive(pool)


def test_a_worker_that_leaves_costs_one_candidate(pool):
    job = judge(pool, misdeed("exit"))
    assert job.status == "failed"
    assert "code 7" in job.error
    assert_alive(pool)


def test_an_exception_comes_back_with_its_traceback(pool):
    job = judge(pool, misdeed("raise"))
    assert job.status == "failed"
    assert "Traceback" in job.error
    assert "hostile.py" in job.error
    assert job.error.strip().endswith("ValueError: this component is broken")
    assert_alive(pool)


def test_megabytes_on_standard_output_do_not_reach_the_protocol(pool):
    job = judge(pool, misdeed("chatter"))
    assert job.status == "ok", job.error
    assert job.value[0].score > 0.9
    assert_alive(pool)


def test_an_unknown_component_fails_by_name(pool):
    job = judge(pool, {**GOOD, "model": "no_such_model"})
    assert job.status == "failed"
    assert "no_such_model" in job.error
    assert_alive(pool)


def test_a_cancelled_job_is_given_up(pool):
    job = pool.submit(CrossValidate(misdeed("regex")), 600.0)
    started(pool, job)
    pool.cancel(job)
    assert ended(pool, job).status == "cancelled"
    assert job.value is None
    assert pool.idle == 1
    assert_alive(pool)


def test_a_job_cancelled_before_it_began_is_given_up(pool):
    job = pool.submit(CrossValidate(Configuration(GOOD)), 600.0)
    pool.cancel(job)
    assert ended(pool, job).status == "cancelled"
    assert_alive(pool)


@pytest.mark.parametrize("ended_by", ["cancel", "deadline"])
def test_what_can_be_interrupted_costs_no_worker(pool, ended_by):
    assert_alive(pool)
    workers = psutil.Process().children()
    job = pool.submit(CrossValidate(misdeed("sleep")), 600.0 if ended_by == "cancel" else 0.5)
    started(pool, job)
    if ended_by == "cancel":
        pool.cancel(job, grace=60.0)
    else:
        pool.grace = 60.0
    assert ended(pool, job).status == {"cancel": "cancelled", "deadline": "timeout"}[ended_by]
    assert job.value is None
    assert_alive(pool)
    assert psutil.Process().children() == workers


def test_waiting_for_nothing_ends(pool):
    assert pool.wait(0.01) == []


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel"])
def test_every_metric_gives_a_number_or_says_why_not(pool, name):
    kind = Task.read(toy(name)).kind
    configuration = {**GOOD, "model": "logistic"}
    try:
        for metric in metric_names(kind):
            pool.set_up(setup(name, metric))
            job = judge(pool, configuration)
            if job.status == "ok":
                assert np.isfinite(job.value[0].score), metric
                assert len(job.value[0].fold_scores) == 5
            else:
                assert job.status == "failed"
                assert "MetricError" in job.error, (metric, job.error)
                assert repr(metric) in job.error
    finally:
        pool.set_up(setup())


@pytest.mark.parametrize(("name", "metric"), [("binary", "accuracy"), ("binary", "f1"), ("binary", "neg_log_loss"),
                                              ("binary", "roc_auc"), ("multiclass", "f1_macro"),
                                              ("multiclass", "roc_auc_ovr"), ("multilabel", "f1_micro"),
                                              ("multilabel", "average_precision")])
def test_common_metrics_are_always_defined(pool, name, metric):
    try:
        pool.set_up(setup(name, metric))
        job = judge(pool, {**GOOD, "model": "logistic"})
        assert job.status == "ok", job.error
        assert job.value[0].score > (-0.7 if metric.startswith("neg_") else 0.6)
    finally:
        pool.set_up(setup())


def test_a_module_that_workers_cannot_import_is_named():
    with Pool(1, memory_mib=700) as pool:
        pool.set_up(setup(modules=("there_is_no_such_module",)))
        job = pool.submit(CrossValidate(Configuration(GOOD)), 60.0)
        until = time.monotonic() + 120.0

        def wait():
            while time.monotonic() < until:
                if job in pool.wait(1.0):
                    raise SearchError(job.error)

        with pytest.raises(SearchError, match="there_is_no_such_module"):
            wait()


@pytest.mark.skipif(os.name != "posix", reason="needs a shell script")
def test_workers_that_cannot_start_end_the_search(tmp_path, monkeypatch):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no interpreter here >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with Pool(1, memory_mib=700) as pool:
        pool.set_up(setup())
        job = pool.submit(CrossValidate(Configuration(GOOD)), 60.0)
        with pytest.raises(SearchError, match="no interpreter here"):
            wait_for_ever(pool)
        assert job.status in ("", "failed")


def test_a_pool_closes_what_it_opened(pool):
    assert_alive(pool)
    before = psutil.Process().num_fds()
    with Pool(1, memory_mib=700) as other:
        other.set_up(setup())
        assert judge(other, misdeed("crash")).status == "failed"
        assert_alive(other)
        workers = [child for child in psutil.Process().children() if child.is_running()]
        assert len(workers) == 2
    del other
    gc.collect()
    assert len(psutil.Process().children()) == 1
    until = time.monotonic() + 10.0
    while psutil.Process().num_fds() > before and time.monotonic() < until:
        gc.collect()
    assert psutil.Process().num_fds() <= before


ORPHANING = """
import sys
from test_pool import misdeed, setup
from autotext.workers.messages import CrossValidate
from autotext.workers.pool import Pool

with Pool(2, memory_mib=700) as pool:
    pool.set_up(setup())
    while not pool.ready:
        pool.wait(0.1)
    job = pool.submit(CrossValidate(misdeed("regex")), 2.0)
    while job.started is None or not pool.ready:
        pool.wait(0.1)
    print("busy", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_no_worker_outlives_a_killed_parent(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS / "workers")])}
    with subprocess.Popen([sys.executable, "-c", ORPHANING], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          cwd=tmp_path, env=environment) as parent:
        workers = []
        try:
            assert parent.stdout.readline() == b"busy\n"
            workers = psutil.Process(parent.pid).children(recursive=True)
            assert len(workers) == 2
            _wait_for_processor_time(workers, 0.5)
        finally:
            parent.send_signal(signal.SIGKILL)
            parent.wait()
        # The idle one sees the end of its pipe; the busy one, which cannot look, runs out of processor time.
        _, alive = psutil.wait_procs(workers, timeout=60)
        alive = [worker for worker in alive if worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE]
        for worker in alive:
            worker.kill()
        assert not alive


def _wait_for_processor_time(workers, seconds):
    before = [sum(worker.cpu_times()[:2]) for worker in workers]
    until = time.monotonic() + 30.0
    while time.monotonic() < until:
        if any(sum(worker.cpu_times()[:2]) - spent > seconds for worker, spent in zip(workers, before, strict=True)):
            return
    raise AssertionError("no worker is busy")


def test_what_may_use_several_cores_may_use_their_processor_time(monkeypatch):
    set_to = []
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: set_to.append(limits[0]))
    for cores in (1, 3):
        worker._limit_cpu(100.0, cores)
    assert 195 <= set_to[1] - set_to[0] <= 205
