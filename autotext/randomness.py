"""Seeds derived by name, so that one more use of random numbers does not change those of the others."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np

from autotext.arguments import check_integer
from autotext.fingerprint import canonical


def check_seed(seed: Any) -> int:
    """Check a seed, whose range is that of scikit-learn's ``random_state``.

    Parameters
    ----------
    seed : object

    Raises
    ------
    ArgumentError
        The seed is no whole number, or outside of this range.

    Examples
    --------
    >>> check_seed(7)
    7
    """
    return check_integer(seed, "seed", 0, 2**32 - 1)


def derive(seed: int, *names: str | int) -> int:
    """Derive the seed of one consumer of random numbers from the user's seed.

    Parameters
    ----------
    seed : int
        The user's seed.
    *names : str or int
        Names of the consumer, e.g. ``"model", fingerprint``.

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
    """Make the NumPy generator of one consumer of random numbers; see `derive`.

    Parameters
    ----------
    seed : int
        The user's seed.
    *names : str or int

    Examples
    --------
    >>> int(generator(0, "split").integers(1000)) == int(generator(0, "split").integers(1000))
    True
    """
    return np.random.default_rng(derive(seed, *names))
