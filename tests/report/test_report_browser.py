"""The page of a search as a browser lays it out: on a desktop and on a phone, light and dark, English and Korean."""

import functools

import pytest
from browser import CHROMIUM, WHY_SKIPPED, covered_texts, measure, outside_of_plots
from made_reports import HOSTILE, made_report
from markupsafe import Markup

from autotext import Report
from autotext.html import render
from autotext.report.page import render_page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WHY_SKIPPED)

WIDTHS = {"desktop": 1280, "phone": 390}
KOREAN = ["배송이 빠르고 품질도 정말 좋아요", "한 번 쓰고 고장 나서 환불을 요청했습니다", "그냥 그래요"]


@functools.cache
def pages():
    english = made_report(["the cable works and came early", "it broke at once"])
    korean = made_report(KOREAN, ("긍정", "부정", "중립이라고 하기에는 조금 애매한 것"))
    ensemble = tuple({"fingerprint": f"f{number}", "weight": 0.2} for number in range(5))
    return {
        "English": render_page(english), "Korean": render_page(korean.replace(ensemble=ensemble)),
        "hostile": render_page(made_report(HOSTILE, HOSTILE, 220, removed=tuple(HOSTILE), notes=tuple(HOSTILE))),
        "several": render_page(made_report(HOSTILE, [[label, "x" * 300] for label in HOSTILE], 220)),
        "wide": render_page(made_report(["y" * 1000], [f"{number}_{'long_name' * 22}" for number in range(300)], 900)),
        "empty": render_page(Report("interrupted", {"name": "x" * 500}, "accuracy", "fast", 0, 1, {})),
        "notebook": render("page", title="A notebook", language="en", content=Markup(english._repr_html_()))}


@pytest.fixture(scope="module", params=["light", "dark"])
def measured(request, tmp_path_factory):
    """What a browser measures of each page at each width."""
    framed = {f"{name}, {device}": (page, width) for name, page in pages().items() for device, width in WIDTHS.items()}
    return request.param, measure(framed, tmp_path_factory.mktemp("browser"), request.param == "dark")


def test_pages_never_scroll_sideways(measured):
    for name, page in measured[1].items():
        assert page["scrolled"] <= page["width"], (name, page["outside"][:3])
        assert not page["outside"], name


def test_every_plot_is_drawn(measured):
    for name, page in measured[1].items():
        # Closed details are opened to be measured.
        assert bool(page["plots"]) == (name.split(",")[0] not in ("empty", "notebook")), name
        for plot in page["plots"]:
            assert plot["width"] > 250, (name, plot["title"])
            assert plot["marks"] > 2, (name, plot["title"])


def test_texts_stay_in_their_plots_and_cover_no_others(measured):
    for name, page in measured[1].items():
        assert not outside_of_plots(page), name
        assert not covered_texts(page), name


def test_all_text_stands_out_from_what_is_behind_it(measured):
    scheme, pages = measured
    for name, page in pages.items():
        assert page["dark"] == (scheme == "dark"), name
        assert not page["faint"], name


def test_nothing_is_loaded_and_nothing_runs(measured):
    for name, page in measured[1].items():
        assert not page["requests"], name
        assert page["scripts"] == 0, name
        assert not page["ran"], name
