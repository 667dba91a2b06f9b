"""Tables of numbers whose cells are coloured by value."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from autotext.html.scales import is_number
from autotext.html.svg import element

_SHADES = 8


def heat_table(values: Sequence[Sequence[float]], rows: Sequence[str], columns: Sequence[str], title: str,
               texts: Sequence[Sequence[str]] | None = None, is_diverging: bool = False) -> Markup:
    """A table whose cells are the more coloured the larger their values, in a box that scrolls where it is too wide.

    Parameters
    ----------
    values : sequence of sequence of float
        One row after the other; cells of missing values stay empty.
    rows, columns : sequence of str
        Names.
    title : str
        Caption.
    texts : sequence of sequence of str, optional
        What is written in each cell, if not the value.
    is_diverging : bool, default=False
        Whether values below zero have a colour of their own.

    Returns
    -------
    markupsafe.Markup
        A ``figure`` element.

    Examples
    --------
    >>> table = heat_table([[9, 1], [3, float("nan")]], ["yes", "no"], ["yes", "no"], "Confusion")
    >>> table.count("<td"), 'class="heat-8"' in table
    (5, True)
    """
    largest = max((abs(value) for row in values for value in row if is_number(value)), default=0.0)
    head = element("tr", element("td"), *(element("th", element("span", element("bdi", name), title=name), scope="col")
                                          for name in columns))
    body = []
    for place, (name, row) in enumerate(zip(rows, values, strict=True)):
        written = texts[place] if texts is not None else [f"{value:,g}".replace("-", "−") if is_number(value) else ""
                                                          for value in row]
        cells = (element("td", text, class_=_shade(value, largest, is_diverging))
                 for value, text in zip(row, written, strict=True))
        body.append(element("tr", element("th", element("bdi", name), scope="row", title=name), *cells))
    table = element("table", element("thead", head), element("tbody", *body), class_="heat")
    box = element("div", table, class_="scroll", tabindex="0", role="region", aria_label=title)
    return element("figure", element("figcaption", title), box, class_="table")


def _shade(value: float, largest: float, is_diverging: bool) -> str | None:
    if not is_number(value) or not largest or not value or (value < 0 and not is_diverging):
        return None
    shade = max(1, round(_SHADES * abs(value) / largest))
    return f"{'cool' if value < 0 else 'heat'}-{shade}"
