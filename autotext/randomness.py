"""Random numbers derived by name, so that a new consumer never shifts another's."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np

from autotext.arguments import check_integer
from autotext.fingerprint import canonical


def check_seed(seed: Any) -> int:
    """Seed of a call: the range is that of scikit-learn's ``random_state``.

    Raises
    ------
    ArgumentError
        It is no whole number, or outside of this range.

    Examples
    --------
    >>> check_seed(7)
    7
    """
    return check_integer(seed, "seed", 0, 2**32 - 1)


def derive(seed: int, *names: str | int) -> int:
    """Seed of 32 bits for the consumer called `names`.

    Parameters
    ----------
    seed : int
        The user's seed.
    *names : str or int
        What the numbers are for, e.g. ``"model", fingerprint``.

    Returns
    -------
    int
        At least 0, below 2**32.

    Examples
    --------
    >>> derive(0, "split") == derive(0, "split"), derive(0, "split") == derive(1, "split")
    (True, False)
    """
    return int.from_bytes(blake2b(canonical([int(seed), *names]).encode(), digest_size=4).digest(), "little")


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """NumPy generator of the consumer called `names`; see `derive`."""
    return np.random.default_rng(derive(seed, *names))
