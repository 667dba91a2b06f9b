"""Pages as a browser lays them out: on a desktop and on a phone, light and dark."""

import dataclasses
import functools

import pytest
from browser import CHROMIUM, WHY_SKIPPED, covered_texts, measure, outside_of_plots
from made_lines import ARMS, HOSTILE, made_lines, wide_table
from markupsafe import Markup

from autotext.benchmark.comparison import Comparison
from autotext.benchmark.page import render_comparison
from autotext.html import Axis, Bin, Point, Series, legend, line_plot, reliability, render, scatter

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WHY_SKIPPED)

WIDTHS = {"desktop": 1280, "phone": 390, "small phone": 360}


@functools.cache
def pages():
    return dict(made_pages())


def made_pages():
    comparison = Comparison.from_lines(made_lines() + made_lines(seconds=20.0))
    yield "comparison", render_comparison(comparison)
    hostile = Comparison.from_lines(made_lines(dict.fromkeys(HOSTILE[:4], "en"), dict.fromkeys(HOSTILE, "system"), seeds=(0,)))
    yield "hostile", render_comparison(hostile)
    names = [f"{number}_{'long_name' * 22}" for number in range(300)]
    yield "wide", render_comparison(dataclasses.replace(comparison, tables=(wide_table(comparison.tables[0], names),)))
    yield "plots", render("page", title="플롯", language="ko", content=Markup("").join(plots()))


def plots():
    bins = [Bin(0.1 * number, 0.09 * number, 10**number, 0.08 * number, 0.1 * number) for number in range(1, 10)]
    yield reliability(bins, "Reliability")
    values = [1e-9, 1.0, 1e9]
    yield line_plot([Series(name, values, values) for name in (*ARMS, *HOSTILE)], Axis("x" * 300, is_log=True),
                    Axis("y" * 300, is_log=True), "Wide ranges")
    yield line_plot([Series("level", [1e6, 1e6 + 1], [123456.7, 123456.8])], Axis("x"), Axis("y"), "Narrow ranges")
    yield scatter([Point(name, number % 4, number % 3) for number, name in enumerate((*ARMS, *HOSTILE) * 2)], Axis("x"),
                  Axis("y"), "Crowd", "lower x")
    yield legend(HOSTILE)


@pytest.fixture(scope="module", params=["light", "dark"])
def measured(request, tmp_path_factory):
    """What a browser measures of each page at each width."""
    framed = {f"{name}, {device}": (page, width) for name, page in pages().items() for device, width in WIDTHS.items()
              if name != "wide" or device == "phone"}
    return request.param, measure(framed, tmp_path_factory.mktemp("browser"), request.param == "dark")


def test_pages_have_the_colours_that_are_preferred(measured):
    scheme, pages = measured
    assert {page["dark"] for page in pages.values()} == {scheme == "dark"}
    assert {page["paper"] for page in pages.values()} == {"rgb(20, 23, 27)" if scheme == "dark" else "rgb(255, 255, 255)"}


def test_every_plot_is_drawn(measured):
    for name, page in measured[1].items():
        assert page["plots"], name
        for plot in page["plots"]:
            assert plot["width"] > 250, (name, plot["title"])
            assert plot["height"] > 50, (name, plot["title"])
            assert plot["marks"] > 2, (name, plot["title"])


def test_pages_never_scroll_sideways(measured):
    for name, page in measured[1].items():
        assert page["scrolled"] <= page["width"], (name, page["outside"][:3])
        assert not page["outside"], name


def test_texts_stay_in_their_plots_and_cover_no_others(measured):
    for name, page in measured[1].items():
        assert not outside_of_plots(page), name
        assert not covered_texts(page), name


def test_all_text_stands_out_from_what_is_behind_it(measured):
    for name, page in measured[1].items():
        assert not page["faint"], name


def test_nothing_is_loaded_and_nothing_runs(measured):
    for name, page in measured[1].items():
        assert not page["requests"], name
        assert page["scripts"] == 0, name
        assert not page["ran"], name


def test_a_script_that_got_into_a_page_would_not_run(tmp_path):
    html = render("page", title="A page", language="en", content=Markup(
        '<script>top.ran = 1</script><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" onload="top.ran = 1" '
        'onerror="top.ran = 1">'))
    assert not measure({"broken": (html, 400)}, tmp_path)["broken"]["ran"]
