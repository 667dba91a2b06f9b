"""Plots with their captions, as pages show them."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup


class Figure(NamedTuple):
    """A plot with its caption.

    Parameters
    ----------
    title, caption : str
    plot : markupsafe.Markup
    """

    title: str
    caption: str
    plot: Markup
