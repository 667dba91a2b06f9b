"""Why a pipeline answers as it does: which words of a text speak for a label, and which against it."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.components.tokenizers.words import word_spans

# Parts that a text is divided into, at most; a longer text is divided into runs of words.
_MOST_SPANS = 100
# Probabilities are kept this far from 0 and 1, so that their logits are finite.
_LEAST_PROBABILITY = 1e-9
# Opacity of the strongest part in HTML; parts that a line names.
_STRONGEST, _SHOWN, _SHOWN_CHARACTERS = 0.6, 5, 60


@dataclass(frozen=True)
class Span:
    """A part of a text, and what it does to the answer.

    Parameters
    ----------
    start, end : int
        Positions in the text.
    text : str
    weight : float
        By how much the logit of the label's probability is higher with it than without it: above 0 it speaks for the label.
    """

    start: int
    end: int
    text: str
    weight: float


@dataclass(frozen=True)
class Explanation:
    """What speaks for a label of a text, and what against it.

    Parameters
    ----------
    text : str
    label : object
    score : float
        Probability of the label.
    spans : tuple of Span
        In the order of the text; they do not overlap.
    """

    text: str
    label: Any
    score: float
    spans: tuple[Span, ...]

    def top(self, k: int = 5) -> list[Span]:
        """The parts with the strongest effect, for or against."""
        return sorted(self.spans, key=lambda span: -abs(span.weight))[:k]

    def to_json(self) -> dict[str, Any]:
        """Convert to a dict of plain values."""
        spans = [{"start": span.start, "end": span.end, "text": span.text, "weight": span.weight} for span in self.spans]
        return {"text": self.text, "label": self.label, "score": self.score, "spans": spans}

    def __str__(self) -> str:
        lines = [f"{self.label!r:.{_SHOWN_CHARACTERS}}, score {self.score:.4f}"]
        if not self.spans:
            lines.append("  there are no words in the text")
        for title, sign in (("for", 1.0), ("against", -1.0)):
            strongest = [span for span in self.top(len(self.spans)) if sign * span.weight > 0][:_SHOWN]
            if strongest:
                named = [f"{span.text!r:.{_SHOWN_CHARACTERS}} {span.weight:+.2f}" for span in strongest]
                lines.append(f"  {title}: {', '.join(named)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The text with a green background where it speaks for the label, and a red one where it speaks against it."""
        strongest = max((abs(span.weight) for span in self.spans), default=0.0) or 1.0
        parts, end = [], 0
        for span in self.spans:
            colour = "0,128,0" if span.weight > 0 else "200,0,0"
            style = f"background:rgba({colour},{_STRONGEST * abs(span.weight) / strongest:.2f})"
            parts += [html.escape(self.text[end : span.start]),
                      f'<span style="{style}" title="{span.weight:+.3f}">{html.escape(span.text)}</span>']
            end = span.end
        body = "".join([*parts, html.escape(self.text[end:])])
        return f"<p><b>{html.escape(str(self.label))}</b> {self.score:.4f}</p><p style=\"white-space:pre-wrap\">{body}</p>"


def explain_by_occlusion(text: str, column: int, label: Any,
                         probabilities: Callable[[list[str]], NDArray[np.float64]]) -> Explanation:
    """Explain the probability of a label by leaving out each part of a text in turn.

    Parameters
    ----------
    text : str
    column : int
        Of the label in the probabilities.
    label : object
    probabilities : callable
        Gives the probabilities of texts, of shape (n_texts, n_classes).

    Notes
    -----
    Robnik-Šikonja and Kononenko (2008), "Explaining classifications for individual instances", IEEE TKDE 20.

    Examples
    --------
    >>> def with_good(texts):
    ...     share = np.array([0.9 if "good" in text else 0.4 for text in texts])
    ...     return np.column_stack([1.0 - share, share])
    >>> explanation = explain_by_occlusion("so good!", 1, "+", with_good)
    >>> [(span.text, round(span.weight, 1)) for span in explanation.spans]
    [('so', 0.0), ('good', 2.6), ('!', 0.0)]
    """
    spans = _divide(text)
    without = [text[:start] + text[end:] for start, end in spans]
    chances = np.clip(probabilities([text, *without])[:, column], _LEAST_PROBABILITY, 1.0 - _LEAST_PROBABILITY)
    logits = np.log(chances / (1.0 - chances))
    return Explanation(text, label, float(chances[0]), tuple(
        Span(start, end, text[start:end], float(logits[0] - logit))
        for (start, end), logit in zip(spans, logits[1:], strict=True)))


def _divide(text: str) -> list[tuple[int, int]]:
    """Words and symbols of a text, or runs of them if they are many."""
    words = word_spans(text)
    if len(words) <= _MOST_SPANS:
        return words
    parts = np.array_split(np.arange(len(words)), _MOST_SPANS)
    return [(words[part[0]][0], words[part[-1]][1]) for part in parts]
