"""The budget of a search: limits on its time, trials and memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from numbers import Real

from autotext.arguments import check_integer, check_number
from autotext.errors import BudgetError, shown

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER = r"\d+(?:\.\d+)?"
_QUANTITY = rf"({_NUMBER}) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)(?![a-z]) ?"
_MOST = 10**9
_HELP = 'Write seconds or a number with a unit: 300, "90s", "5m", "2 hours" or "1h30m".'


@dataclass(frozen=True)
class Budget:
    """Limits of a search on time, trials and memory; the first to be reached ends it.

    Parameters
    ----------
    seconds : float or None, default=300.0
        Wall-clock time of the whole call: reading, search, refit and report. None: no limit,
        then `trials` is needed and no measured time enters any decision.
    trials : int or None, default=None
        Number of suggestions that are evaluated. Each is evaluated at several strengths of regularization, so that a trial
        makes up to five configurations. None: no limit.
    trial_seconds : float or None, default=None
        Seconds after which a trial is killed. None: six tenths of `seconds`, or 600 without `seconds`.
    memory_mib : float or None, default=None
        Memory of one worker in MiB. None: a safe share of what the machine has.
    spent : float, default=0.0
        Seconds of the budget that have passed before the call, such as those of starting the program.

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
        spent = check_number(self.spent, "Budget: spent", _MOST, zero=True, error=BudgetError)
        plain: dict[str, float | None] = {"spent": spent}
        for name in ("seconds", "trial_seconds", "memory_mib"):
            if (value := getattr(self, name)) is not None:
                plain[name] = check_number(value, f"Budget: {name}", _MOST, ", or None", error=BudgetError)
        if self.trials is not None:
            plain["trials"] = check_integer(self.trials, "Budget: trials", 1, _MOST, ", or None", BudgetError)
        for name, number in plain.items():
            object.__setattr__(self, name, number)
        if self.seconds is None and self.trials is None:
            raise BudgetError("Budget: without seconds, trials must say when to stop, e.g. trials=30.")

    @classmethod
    def parse(cls, value: Budget | str | float | timedelta) -> Budget:
        """Make a budget of a number of seconds, or of text such as ``"5m"``.

        Parameters
        ----------
        value : Budget, str, int, float or timedelta
            Text is a number followed by ``s``, ``m`` or ``h`` or their words; parts may be joined: ``"1h30m"``.

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
        seconds = _seconds(value) if isinstance(value, str) else value
        if not isinstance(seconds, Real | timedelta) or isinstance(seconds, bool):
            raise BudgetError(f"Cannot read the budget {shown(value)}. {_HELP}")
        try:
            return cls(seconds=seconds)  # type: ignore[arg-type]
        except BudgetError:
            raise BudgetError(f"The budget must be positive, and less than 30 years, not {shown(value)}. {_HELP}") from None

    @property
    def deadline(self) -> float:
        """Seconds after which the evaluation of one configuration is killed."""
        if self.trial_seconds is not None:
            return self.trial_seconds
        return 600.0 if self.seconds is None else max(0.6 * self.seconds, 1.0)


def _seconds(text: str) -> float:
    """Read seconds from text such as ``"1h30m"``; ambiguous text is refused with an error that spells out its meanings."""
    typed = " ".join(text.split()).lower()
    if clock := re.fullmatch(r"(\d+):(\d+)", typed):
        first, second = clock.groups()
        raise BudgetError(f"The budget {shown(text)} could mean two things. Write \"{first}h{second}m\" or "
                          f"\"{first}m{second}s\".")
    if re.fullmatch(r"\d+,\d+ ?[a-z]*", typed):
        raise BudgetError(f"Cannot read the budget {shown(text)}. Write a point: \"{typed.replace(',', '.')}\".")
    if not re.fullmatch(rf"-?(?:{_NUMBER}|(?:{_QUANTITY})+)", typed):
        raise BudgetError(f"Cannot read the budget {shown(text)}. {_HELP}")
    unsigned = typed.removeprefix("-")
    parts = re.findall(_QUANTITY, unsigned)
    seconds = sum(float(number) * _UNITS[unit[0]] for number, unit in parts) if parts else float(unsigned)
    return -seconds if unsigned != typed else seconds
