"""Fingerprints of values, equal in every process and on every machine."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b


def canonical(value: object) -> str:
    """JSON text of a value, the same for equal values.

    Parameters
    ----------
    value : object
        Built of dict, list, tuple, str, int, float, bool and None.

    Returns
    -------
    str
        Keys sorted, no white space, ASCII only.

    Examples
    --------
    >>> canonical({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def fingerprint(value: object) -> str:
    """Sixteen hexadecimal digits that identify a JSON value.

    Parameters
    ----------
    value : object

    Examples
    --------
    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    return blake2b(canonical(value).encode(), digest_size=8).hexdigest()


def fingerprint_strings(strings: Iterable[str]) -> str:
    """Sixteen hexadecimal digits that identify a sequence of strings, which may hold lone surrogates.

    Parameters
    ----------
    strings : iterable of str

    Examples
    --------
    >>> fingerprint_strings(["ab", "c"]) == fingerprint_strings(["a", "bc"])
    False
    """
    digest = blake2b(digest_size=8)
    for string in strings:
        encoded = string.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    return digest.hexdigest()
