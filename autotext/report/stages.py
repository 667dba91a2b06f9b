"""The stages of pipelines, as boxes of a page show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autotext.report.wording import shortened
from autotext.space import STAGES

# Parameters of a component, and members of an ensemble, that are shown.
_PARAMETERS, _MEMBERS = 16, 20


def drawn_members(configurations: Sequence[Mapping[str, Any]], weights: Sequence[float] = (),
                  scores: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Pipelines as rows of boxes, the heaviest first.

    Parameters
    ----------
    configurations : sequence of mapping of str to scalar
    weights : sequence of float, optional
        Of the members of an ensemble.
    scores : sequence of str, optional
        What is said of each beside its weight.

    Returns
    -------
    list of dict
        For the macro ``members`` of the templates.

    Examples
    --------
    >>> (member,) = drawn_members([{"normalizer.casing.use": True, "features": "word_tfidf", "model": "ridge"}])
    >>> [(stage["name"], [block["name"] for block in stage["blocks"]]) for stage in member["stages"]]
    [('normalizer', ['casing']), ('features', ['word_tfidf']), ('model', ['ridge'])]
    """
    order = sorted(range(len(configurations)), key=lambda place: -weights[place] if weights else 0.0)[:_MEMBERS]
    total = sum(weights) or 1.0
    return [{"share": f"{100 * weights[place] / total:.0f} %" if weights else "",
             "about": scores[place] if scores else "of the answer" if weights else "",
             "stages": _stages(configurations[place])} for place in order]


def _stages(configuration: Mapping[str, Any]) -> list[dict[str, Any]]:
    stages = [{"name": stage, "blocks": _blocks(configuration, stage), "is_sum": stage in configuration} for stage in STAGES]
    return [stage for stage in stages if stage["blocks"]]


def _blocks(configuration: Mapping[str, Any], stage: str) -> list[dict[str, Any]]:
    """Components of a stage: those that are named, or those of a chain that are switched on."""
    if stage in configuration:
        names = str(configuration[stage])[:1000].split("+")
    else:
        parts = (name.split(".") for name in configuration if name.startswith(f"{stage}."))
        names = [name for name in dict.fromkeys(part[1] for part in parts) if configuration.get(f"{stage}.{name}.use", True)]
    return [{"name": shortened(name, 40), "parameters": _parameters(configuration, f"{stage}.{name}.")} for name in names]


def _parameters(configuration: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    values = [(shortened(name.removeprefix(prefix), 40), _written(value)) for name, value in configuration.items()
              if name.startswith(prefix) and name != f"{prefix}use"]
    return values[:_PARAMETERS]


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**15 else f"{value:.3g}"
    return f"{value:.4g}" if isinstance(value, float) else shortened(value, 60)
