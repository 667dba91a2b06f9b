"""Pages from templates, in which everything that is put into them is escaped."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from markupsafe import Markup

from autotext.errors import ArgumentError, suggestion
from autotext.html.numbers import format_memory, format_number, format_seconds
from autotext.html.svg import clean

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **values: object) -> str:
    """Fill a template of ``autotext/html/templates`` with values.

    A page holds its own style sheet and plots, asks no network for anything, and forbids the browser to.

    Parameters
    ----------
    template : str
        Its name without the ending.
    **values : object
        What it speaks of. All text is escaped, except `markupsafe.Markup`; a value that is missing is an error.

    Returns
    -------
    str
        HTML, to be written as UTF-8.

    Raises
    ------
    ArgumentError
        There is no such template.

    Examples
    --------
    >>> html = render("page", title="<b>", language="en", content="1 < 2")
    >>> "<h1>&lt;b&gt;</h1>" in html, "1 &lt; 2" in html
    (True, True)
    """
    names = [name.removesuffix(".html.j2") for name in _environment().list_templates() if name.endswith(".html.j2")]
    if template not in names:
        raise ArgumentError(f"There is no template {template!r}.{suggestion(template, names)}")
    return _environment().get_template(f"{template}.html.j2").render(**values)


@functools.cache
def _environment() -> Environment:
    # Jinja2 is imported when a page is made.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("autotext.html"), autoescape=True, undefined=StrictUndefined,
                              finalize=_clean, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": format_number, "seconds": format_seconds, "memory": format_memory}
    return environment


def _clean(value: object) -> object:
    """Text without characters that no page can hold; a missing value of a template stays an error."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
