"""Pieces of inline SVG: elements, text that fits, and the styles of series."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

WIDTH = 420.0
"""Width of a plot in units of its drawing, which is scaled to the width that the page has for it."""
FONT = 12.0
"""Size of its text in these units."""
N_COLOURS, N_DASHES = 7, 4
"""Colours of series, and patterns of their lines: later series have the same colours and other patterns."""

# XML and HTML have no place for these, and a file in UTF-8 none for half of a surrogate pair.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NARROW, _BROAD, _SIGNS = frozenset("iljI.,:;'|![]()ftr /\\-"), frozenset("mwMW@%&"), frozenset("<>=+~^#")
# Letters up to the end of Cyrillic, and scripts whose letters are squares, are as wide in one font as in another.
_EVEN = re.compile("[\u0020-\u052f\u2010-\u2026\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3]*")


def clean(text: object) -> str:
    """Text without characters that neither XML nor UTF-8 can hold, each of which is replaced by U+FFFD.

    Parameters
    ----------
    text : object
        Its ``str`` is taken.

    Examples
    --------
    >>> clean("a" + chr(0)) == "a" + chr(0xFFFD)
    True
    """
    return _FORBIDDEN.sub("\ufffd", str(text))


def element(tag: str, *children: str, **attributes: object) -> Markup:
    """An element of SVG or HTML, in which all text is escaped.

    Parameters
    ----------
    tag : str
        Name of the element.
    *children : str
        `markupsafe.Markup` is taken as it is, other text is escaped.
    **attributes : object
        Underscores in names become hyphens, one at the end goes; None is left out, and numbers get one decimal.

    Examples
    --------
    >>> element("text", "a < b", x=1.25, text_anchor="end", class_="name")
    Markup('<text x="1.2" text-anchor="end" class="name">a &lt; b</text>')
    """
    # The names come from this package, the values may come from anywhere.
    written = "".join(f' {name.rstrip("_").replace("_", "-")}="{_attribute(value)}"' for name, value in attributes.items()
                      if value is not None)
    inside = "".join(child if isinstance(child, Markup) else escape(clean(child)) for child in children)
    return Markup(f"<{tag}{written}>{inside}</{tag}>")


def _attribute(value: object) -> str:
    return short(value) if isinstance(value, float) else str(escape(clean(value)))


def short(number: float) -> str:
    """A place in a drawing, to a tenth of a unit.

    Parameters
    ----------
    number : float

    Examples
    --------
    >>> short(10.04), short(-0.01), short(2.5)
    ('10', '0', '2.5')
    """
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def width_of(text: str, size: float = FONT) -> float:
    """About how wide a text is, on the side of caution.

    Parameters
    ----------
    text : str
    size : float, default=12
        Of the font.

    Examples
    --------
    >>> width_of("ill") < width_of("ABC") < width_of("한국어")
    True
    """
    return size * sum(map(_share, text))


def _share(letter: str) -> float:
    """Width of a letter in units of the size of the font; as in DejaVu Sans, which is among the widest."""
    if letter in _NARROW:
        return 0.42
    if letter in _BROAD or unicodedata.east_asian_width(letter) in "WF":
        return 1.02
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0.0
    if letter > "\x7f" or letter in _SIGNS:
        return 0.9
    return 0.78 if letter.isupper() else 0.65


def fit(text: str, width: float, size: float = FONT) -> str:
    """Text that is cut in its middle where it is wider than the room for it; names often differ at their ends.

    Parameters
    ----------
    text : str
    width : float
        Units that there are for it.
    size : float, default=12
        Of the font.

    Examples
    --------
    >>> fit("short", 100), fit("tfidf_linear_svc_word_char", 100)
    ('short', 'tfidf_li…_char')
    """
    text = " ".join(clean(text).split())
    if width_of(text, size) <= width:
        return text
    free = width - width_of("…", size)
    head = _longest(text, 0.6 * free, size)
    tail = _longest(text[::-1], free - width_of(head, size), size)[::-1]
    return f"{head}…{tail}"


def _longest(text: str, width: float, size: float) -> str:
    used = 0.0
    for place, letter in enumerate(text):
        used += size * _share(letter)
        if used > width:
            return text[:place]
    return text


def label(text: str, x: float, y: float, width: float = math.inf, anchor: str = "start", **attributes: object) -> Markup:
    """A line of text that stays within a width; the whole of it is shown where the pointer rests.

    Parameters
    ----------
    text : str
    x, y : float
        Where its base line begins, has its middle or ends.
    width : float, optional
        Units that there are for it.
    anchor : str, default="start"
        ``"start"``, ``"middle"`` or ``"end"``.
    **attributes : object
        Of the element.

    Examples
    --------
    >>> label("a<b", 1, 2)
    Markup('<text x="1" y="2">a&lt;b</text>')
    """
    drawn = fit(text, width)
    if not _EVEN.fullmatch(drawn):
        # How wide fonts draw these differs much, so the browser is told.
        attributes |= {"textLength": width_of(drawn), "lengthAdjust": "spacingAndGlyphs"}
    whole = () if drawn == clean(text) else (element("title", text),)
    side = None if anchor == "start" else anchor
    return element("text", drawn, *whole, x=float(x), y=float(y), text_anchor=side, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line.

    Parameters
    ----------
    x1, y1, x2, y2 : float
        Its ends.
    class_ : str
        Of the style sheet.

    Examples
    --------
    >>> line(0, 0, 10, 0, "grid")
    Markup('<path d="M0 0L10 0" class="grid"></path>')
    """
    return element("path", d=f"M{short(x1)} {short(y1)}L{short(x2)} {short(y2)}", class_=class_)


def path(points: Sequence[tuple[float, float]], steps: bool = False) -> str:
    """Description of a line through points.

    Parameters
    ----------
    points : sequence of (float, float)
    steps : bool, default=False
        Whether the line stays level until the next point.

    Examples
    --------
    >>> path([(0, 5), (10, 2)]), path([(0, 5), (10, 2)], steps=True)
    ('M0 5L10 2', 'M0 5H10V2')
    """
    if not points:
        return ""
    rest = (f"H{short(x)}V{short(y)}" if steps else f"L{short(x)} {short(y)}" for x, y in points[1:])
    return f"M{short(points[0][0])} {short(points[0][1])}" + "".join(rest)


def drawing(height: float, title: str, description: str, children: Iterable[str], width: float = WIDTH) -> Markup:
    """A whole drawing, named for those who cannot see it.

    Parameters
    ----------
    height : float
    title : str
        What it shows.
    description : str
        What can be seen in it.
    children : iterable of str
        Elements.
    width : float, default=420

    Examples
    --------
    >>> str(drawing(10, "Scores", "none yet", []))
    '<svg class="plot" viewBox="0 0 420 10" role="img" aria-label="Scores"><title>Scores</title><desc>none yet</desc></svg>'
    """
    named = element("title", title), element("desc", description)
    return element("svg", *named, *children, class_="plot", viewBox=f"0 0 {short(width)} {short(height)}", role="img",
                   aria_label=title)


def style_of(number: int) -> str:
    """Classes of the style sheet for a series: its colour, and the pattern of its line.

    Parameters
    ----------
    number : int
        From zero.

    Examples
    --------
    >>> style_of(0), style_of(8)
    ('colour-0 dash-0', 'colour-1 dash-1')
    """
    return f"colour-{number % N_COLOURS} dash-{number // N_COLOURS % N_DASHES}"


def legend(names: Sequence[str], numbers: Sequence[int] | None = None) -> Markup:
    """Names of series beside a piece of their lines, for several plots that show the same series.

    Parameters
    ----------
    names : sequence of str
    numbers : sequence of int, optional
        Of their colours and patterns; by default those of their places.

    Examples
    --------
    >>> str(legend(["a"])).count("<li>")
    1
    """
    samples = (element("svg", element("path", d="M1 6H23", class_=f"series {style_of(number)}"), viewBox="0 0 24 12",
                       aria_hidden="true") for number in (range(len(names)) if numbers is None else numbers))
    return element("ul", *(element("li", sample, element("bdi", name)) for sample, name in zip(samples, names, strict=True)),
                   class_="legend")
