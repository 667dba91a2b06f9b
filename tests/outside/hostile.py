"""Components that do what no component should, to be survived."""

import ctypes
import os
import re
import subprocess
import sys
import time

import numpy as np
from sklearn.svm import SVC

from autotext.components import Model, Normalizer, register
from autotext.space import Choice

# Bounds for a machine on which no guard works.
_MOST_MIB, _PATIENCE = 1200, 60.0
_DEEDS = ("nothing", "regex", "children", "memory", "crash", "exit", "raise", "chatter", "sleep")


@register
class Misdeed(Normalizer):
    """Leaves texts alone, and misbehaves."""

    name = "misdeed"
    order = 1
    parameters = {"deed": Choice(_DEEDS)}

    def __init__(self, deed="nothing"):
        self.deed = deed

    def transform(self, texts):
        getattr(self, f"_{self.deed}")()
        return list(texts)

    def _nothing(self):
        pass

    def _regex(self):
        # Backtracks 2**60 times without ever giving up the interpreter lock.
        re.match(r"(a+)+$", "a" * 60 + "b")

    def _children(self):
        subprocess.run([sys.executable, "-c", "import re; re.match('(a+)+$', 'a' * 60 + 'b')"], check=True)

    def _memory(self):
        # At once, so that a slow machine does not run out of time first; then it waits for the guard.
        kept = [np.ones(2**17 * _MOST_MIB)]
        time.sleep(_PATIENCE)
        raise RuntimeError(f"{kept[0].nbytes} bytes were given")

    def _crash(self):
        ctypes.string_at(0)

    def _exit(self):
        os._exit(7)

    def _raise(self):
        raise ValueError("this component is broken")

    def _chatter(self):
        for _ in range(8):
            print("noise " * 100_000, flush=True)
        os.write(1, b"\0" * 2_000_000)
        sys.stderr.write("complaint " * 100_000)
        assert sys.stdin.read() == ""

    def _sleep(self):
        while True:
            time.sleep(0.01)


@register
class LongSvm(Model):
    """A support vector machine that will be busy inside C for many minutes, whatever it is given."""

    name = "long_svm"

    def _solve(self, X, y, n_classes, seed):
        rng = np.random.default_rng(seed)
        return SVC(C=1e6, cache_size=50).fit(rng.random((30_000, 20)), rng.integers(0, 2, 30_000))


class _Even:
    def __init__(self, n_classes):
        self.n_classes = n_classes

    def margins(self, X):
        return np.zeros((X.shape[0], self.n_classes))


@register
class EndlessRefit(Model):
    """Quick on the rows outside a fold, endless on as many rows as the toy tasks have."""

    name = "endless_refit"

    def _solve(self, X, y, n_classes, seed):
        if X.shape[0] >= 48:
            re.match(r"(a+)+$", "a" * 60 + "b")
        return _Even(n_classes)
