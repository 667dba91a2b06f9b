"""Checks of the character tables of sentencepiece tokenizers, which compiled code later follows without a check."""

from __future__ import annotations

import base64
import binascii

import numpy as np
from numpy.typing import NDArray

from autotext.errors import ComponentError

# Limits: the largest table that sentencepiece ships has 250 kB, and its longest replacement 33 bytes.
_MOST_BYTES, _LONGEST = 2 * 2**20, 64
_BYTES = np.arange(1, 256)


def check_charsmap(text: str) -> None:
    """Check that a character table never leads outside itself, and from each character to a short text.

    Parameters
    ----------
    text : str
        Base64 of the length of a trie in bytes, the trie, and the texts that it leads to, each ended by a zero.

    Raises
    ------
    ComponentError
        The table is damaged, or too large.

    Notes
    -----
    The trie is a double array (Aoe, 1989) of 32-bit units, as https://github.com/s-yata/darts-clone writes it.

    Examples
    --------
    >>> check_charsmap("AAAA")
    Traceback (most recent call last):
    autotext.errors.ComponentError: a table of characters is longer than its data
    """
    if len(text) > _MOST_BYTES:
        raise ComponentError(f"a table of characters has {len(text):,} bytes, more than {_MOST_BYTES:,}")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ComponentError("a table of characters is no base64") from None
    size = int.from_bytes(data[:4], "little")
    if len(data) < 8 or size % 4 or not 0 < size <= len(data) - 4:
        raise ComponentError("a table of characters is longer than its data")
    units, texts = np.frombuffer(data[4 : 4 + size], dtype="<u4").astype(np.int64), data[4 + size :]
    try:
        texts.decode("utf-8")
    except UnicodeDecodeError:
        raise ComponentError("a table of characters leads to what is no text") from None
    places = _leaves(units)
    codes = np.frombuffer(texts + b"\0", dtype=np.uint8)
    ends = np.flatnonzero(codes == 0)
    if places.size and (places.max() >= len(texts) or (codes[places] & 0xC0 == 0x80).any()
                        or (ends[np.searchsorted(ends, places)] - places).max() > _LONGEST):
        raise ComponentError("a table of characters leads outside its texts, or to a long one")


def _leaves(units: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places in the texts to which leaves lead that can be reached from the root; each step is checked to stay inside."""
    seen = np.zeros(len(units), dtype=bool)
    bases, places = np.array([_offset(units[:1])[0]]), []
    while bases.size:
        # The unit of any next byte must exist.
        if (bases | 255).max() >= len(units):
            raise ComponentError("a table of characters leads outside itself")
        children = (bases[:, None] ^ _BYTES).ravel()
        labels = np.tile(_BYTES, len(bases))
        children = children[units[children] & 0x800000FF == labels]
        children = np.unique(children[~seen[children]])
        seen[children] = True
        bases = children ^ _offset(units[children])
        ended = bases[units[children] >> 8 & 1 == 1]
        if ended.size and ended.max() >= len(units):
            raise ComponentError("a table of characters leads outside itself")
        places.append(units[ended] & 0x7FFFFFFF)
    return np.concatenate([*places, np.zeros(0, dtype=np.int64)])


def _offset(units: NDArray[np.int64]) -> NDArray[np.int64]:
    return (units >> 10) << ((units & 512) >> 6)
