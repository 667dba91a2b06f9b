"""Self-contained HTML pages: templates, and plots as inline SVG."""

from __future__ import annotations

from autotext.html.bars import Bar, bars
from autotext.html.clouds import Cloud, cloud_plot
from autotext.html.figure import Figure
from autotext.html.heat import heat_table
from autotext.html.lines import Series, line_plot
from autotext.html.page import render
from autotext.html.ranks import critical_difference
from autotext.html.reliability import Bin, reliability
from autotext.html.scales import Axis
from autotext.html.scatter import Point, scatter
from autotext.html.strips import Strip, strips
from autotext.html.svg import legend

__all__ = ["Axis", "Bar", "Bin", "Cloud", "Figure", "Point", "Series", "Strip", "bars", "cloud_plot", "critical_difference",
           "heat_table", "legend", "line_plot", "reliability", "render", "scatter", "strips"]
