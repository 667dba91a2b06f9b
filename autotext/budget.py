"""What a search may spend."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from autotext.errors import BudgetError

_UNITS = {"": 1.0, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_HELP = 'Write seconds or a number with a unit: 300, "90s", "5m" or "1h".'


@dataclass(frozen=True)
class Budget:
    """What a search may spend; the first limit to run out stops it.

    Parameters
    ----------
    seconds : float or None, default=300.0
        Wall-clock time of the whole call: reading, search, refit and report. None: no limit,
        then `trials` is needed and no measured time enters any decision.
    trials : int or None, default=None
        Evaluations at most. None: no limit.
    trial_seconds : float or None, default=None
        Deadline of one evaluation. None: six tenths of `seconds`, or 600 without `seconds`.
    memory_mib : float or None, default=None
        Memory of one worker in MiB. None: a safe share of what the machine has.
    spent : float, default=0.0
        Of `seconds`, what is gone before the call begins, such as the start of the program.

    Raises
    ------
    BudgetError
        A limit is not a positive number, or there is neither `seconds` nor `trials`.

    Examples
    --------
    >>> Budget(seconds=None, trials=30)
    Budget(seconds=None, trials=30, trial_seconds=None, memory_mib=None, spent=0.0)
    >>> Budget.parse("5m").seconds
    300.0
    """

    seconds: float | None = 300.0
    trials: int | None = None
    trial_seconds: float | None = None
    memory_mib: float | None = None
    spent: float = 0.0

    def __post_init__(self) -> None:
        for name in ("seconds", "trials", "trial_seconds", "memory_mib"):
            value = getattr(self, name)
            if value is None:
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or value <= 0:
                raise BudgetError(f"Budget: {name} must be a positive number, not {value!r}.")
        if self.trials is not None and int(self.trials) != self.trials:
            raise BudgetError(f"Budget: trials must be a whole number, not {self.trials!r}.")
        if self.seconds is None and self.trials is None:
            raise BudgetError("Budget: without seconds, trials must say when to stop, e.g. trials=30.")

    @classmethod
    def parse(cls, value: Budget | str | float) -> Budget:
        """Budget from seconds, from text such as ``"5m"``, or as given.

        Parameters
        ----------
        value : Budget, str, int or float
            Text is a number followed by ``s``, ``m`` or ``h``; parts may be joined: ``"1h30m"``.

        Returns
        -------
        Budget

        Raises
        ------
        BudgetError
            The value cannot be read, or is not positive.
        """
        if isinstance(value, Budget):
            return value
        if isinstance(value, str):
            return cls(seconds=_seconds(value))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BudgetError(f"Cannot read the budget {value!r}. {_HELP}")
        if not math.isfinite(value) or value <= 0:
            raise BudgetError(f"The budget must be positive, not {value!r}. {_HELP}")
        return cls(seconds=float(value))

    @property
    def deadline(self) -> float:
        """Seconds after which one evaluation is killed."""
        if self.trial_seconds is not None:
            return self.trial_seconds
        return 600.0 if self.seconds is None else max(0.6 * self.seconds, 1.0)


def _seconds(text: str) -> float:
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.strip().lower())
    whole = "".join(re.split(r"\s+", text.strip().lower()))
    if not parts or "".join(number + unit for number, unit in parts) != whole:
        raise BudgetError(f"Cannot read the budget {text!r}. {_HELP}")
    unknown = [unit for _, unit in parts if unit not in _UNITS]
    if unknown or (len(parts) > 1 and any(not unit for _, unit in parts)):
        raise BudgetError(f"Cannot read the budget {text!r}. {_HELP}")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if seconds <= 0:
        raise BudgetError(f"The budget must be positive, not {text!r}. {_HELP}")
    return seconds
