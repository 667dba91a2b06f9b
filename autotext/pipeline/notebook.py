"""What notebooks show of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotext.report.fragment import pipeline_fragment
from autotext.report.wording import counted, shortened

if TYPE_CHECKING:
    from autotext.pipeline.text_pipeline import TextPipeline


def show_pipeline(pipeline: TextPipeline) -> str:
    """HTML of a pipeline, fitted or not; of one whose parameters cannot be used, what they are.

    Parameters
    ----------
    pipeline : TextPipeline

    Examples
    --------
    >>> from autotext import TextPipeline
    >>> html = show_pipeline(TextPipeline({"features": "char_tfidf", "model": "ridge"}))
    >>> "not fitted" in html, "char_tfidf" in html
    (True, True)
    """
    configuration: Any = pipeline.configuration
    members = [configuration] if isinstance(configuration, Mapping) else configuration
    is_usable = isinstance(members, list | tuple) and all(
        isinstance(member, Mapping) and all(isinstance(name, str) for name in member) for member in members)
    weights = pipeline.weights if pipeline.weights is not None else [1.0] * len(members) if is_usable else []
    try:
        shares = [float(weight) for weight in weights] if is_usable and len(members) > 1 else []
    except (TypeError, ValueError):
        shares = []
    if is_usable and len(shares) not in (0, len(members)):
        shares = []
    return pipeline_fragment(members if is_usable else [], shares, _about(pipeline), pipeline.report)


def _about(pipeline: TextPipeline) -> str:
    if not hasattr(pipeline, "fitted_"):
        return "not fitted"
    classes = [shortened(label, 30) for label in pipeline.classes_[:6].tolist()]
    more = ", …" if len(pipeline.classes_) > len(classes) else ""
    return f"{pipeline.kind_}, {counted(len(pipeline.classes_), 'label')}: {', '.join(classes)}{more}"
