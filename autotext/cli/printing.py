"""Values that commands print as JSON."""

from __future__ import annotations

import codecs
import json
import sys
from typing import Any

from autotext.evaluation import json_value


def print_json(value: Any) -> None:
    """Print a value as JSON: in the characters of its texts where standard output has all of them, else escaped.

    Parameters
    ----------
    value : object

    Examples
    --------
    >>> print_json({"label": 1})
    {
     "label": 1
    }
    """
    is_utf8 = codecs.lookup(getattr(sys.stdout, "encoding", None) or "ascii").name == "utf-8"
    print(json.dumps(json_value(value), indent=1, allow_nan=False, ensure_ascii=not is_utf8))
