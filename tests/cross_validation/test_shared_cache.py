"""What workers share is made once, bounded, and never worth an error."""

import errno
import os
import resource
import subprocess
import sys
import time

import joblib
import numpy as np
import pytest

from autotext.components import component
from autotext.components.tokenizers.words import Words
from autotext.cross_validation import shared_cache as shared
from autotext.cross_validation.count_cache import CountCache
from autotext.cross_validation.shared_cache import SharedCache
from autotext.pipeline import Chain
from autotext.space import Configuration
from autotext.workers.pool import Pool

TEXTS = ["a good day", "a bad day", "good"] * 40


@pytest.fixture(autouse=True)
def everything_is_worth_sharing(monkeypatch):
    monkeypatch.setattr(shared, "_LEAST_SECONDS", 0.0)


def chain(features="word_tfidf", **given):
    return Chain(Configuration({"tokenizer": "words", "features": features, "model": "linear_svm", **given}))


def states(prepared, features, **given):
    built = chain(features, **given)
    counts, *_ = prepared.counts(built)
    X = built.fit_features(counts, np.arange(len(TEXTS)) % 2)
    return X.toarray().tolist(), built.features[0].state()[0]


def refuse_to_count(monkeypatch, features):
    def refuse(*_):
        raise AssertionError("counted again")

    monkeypatch.setattr(component("features", features), "count", refuse)
    monkeypatch.setattr(Words, "transform", refuse)


@pytest.mark.parametrize("features", ["word_tfidf", "nb_ratio", "word_hashing", "char_tfidf"])
def test_what_one_process_counted_another_need_not(tmp_path, monkeypatch, features):
    alone = states(CountCache(TEXTS), features)
    first = states(CountCache(TEXTS, shared_cache=SharedCache(tmp_path)), features)
    refuse_to_count(monkeypatch, features)
    second = states(CountCache(TEXTS, shared_cache=SharedCache(tmp_path)), features)
    assert alone == first == second


def test_a_wider_range_of_another_process_serves(tmp_path, monkeypatch):
    alone = states(CountCache(TEXTS), "word_tfidf", **{"features.word_tfidf.ngrams": "2-2"})
    states(CountCache(TEXTS, shared_cache=SharedCache(tmp_path)), "nb_ratio", **{"features.nb_ratio.ngrams": "1-3"})
    refuse_to_count(monkeypatch, "word_tfidf")
    served = states(CountCache(TEXTS, shared_cache=SharedCache(tmp_path)), "word_tfidf",
                    **{"features.word_tfidf.ngrams": "2-2"})
    assert alone == served


def test_arrays_are_mapped_not_copied(tmp_path):
    SharedCache(tmp_path).put("numbers", np.arange(1000), 1.0)
    found, seconds = SharedCache(tmp_path).get("numbers")
    assert isinstance(found, np.memmap)
    assert (found == np.arange(1000)).all()
    assert seconds == 1.0


def test_the_folder_stays_below_its_limit_and_the_oldest_goes(tmp_path):
    kept = SharedCache(tmp_path, limit_mib=1.0)
    first = kept.put("0", np.full(50_000, 0.0), 1.0)
    os.utime(tmp_path / "0.shared", (0, 0))
    for number in range(1, 6):
        kept.put(str(number), np.full(50_000, float(number)), 1.0)
        os.utime(tmp_path / f"{number}.shared", (number, number))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2**20
    assert "5" in kept
    assert "0" not in kept
    assert (first == 0.0).all()


def test_what_is_larger_than_the_limit_is_not_shared(tmp_path):
    kept = SharedCache(tmp_path, limit_mib=0.1)
    kept.put("small", [1], 1.0)
    large = np.zeros(100_000)
    assert kept.put("large", large, 1.0) is large
    assert "large" not in kept
    assert [path.name for path in tmp_path.iterdir() if "large" in path.name] == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_full_disk_costs_nothing_but_time(tmp_path, monkeypatch, number):
    def full(value, path):
        path.write_bytes(b"half")
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(joblib, "dump", full)
    served = states(CountCache(TEXTS, shared_cache=SharedCache(tmp_path)), "word_tfidf")
    assert served == states(CountCache(TEXTS), "word_tfidf")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_gone_costs_nothing_but_time(tmp_path):
    kept = SharedCache(tmp_path / "gone")
    assert kept.put("numbers", [1], 1.0) == [1]
    assert kept.get("numbers") is None


def test_a_broken_file_is_as_good_as_none(tmp_path):
    (tmp_path / "numbers.shared").write_bytes(b"\x80\x04broken")
    assert SharedCache(tmp_path).get("numbers") is None


def test_a_disk_that_is_really_full(tmp_path):
    script = ("import resource, signal, sys, numpy as np\n"
              "from autotext.cross_validation.shared_cache import SharedCache\n"
              "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
              "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
              "given = np.zeros(100_000)\n"
              "assert SharedCache(sys.argv[1]).put('numbers', given, 1.0) is given\n")
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
    assert not list(tmp_path.iterdir())
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 10_000


def test_the_folder_goes_with_the_pool():
    with Pool(2, 1000.0) as pool:
        folder = pool._folder
        assert os.path.isdir(folder)
    assert not os.path.exists(folder)
    with Pool(1, 1000.0) as alone:
        assert alone._folder is None


def test_the_folder_goes_when_the_parent_is_killed(tmp_path):
    script = ("import time\nfrom autotext.workers.pool import Pool\npool = Pool(2, 1000.0)\n"
              "while not all(worker.ready for worker in pool._workers):\n    pool.wait(0.2)\n"
              "print(pool._folder, flush=True)\ntime.sleep(600)\n")
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    folder = parent.stdout.readline().strip()
    assert os.path.isdir(folder)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 30
    while os.path.exists(folder) and time.monotonic() < until:
        time.sleep(0.1)
    assert not os.path.exists(folder)
