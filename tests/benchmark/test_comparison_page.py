"""The page of a comparison says what the comparison says, and nothing that runs are called can leave its place."""

import dataclasses
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from made_lines import ARMS, HOSTILE, TASKS, made_lines, wide_table

from autotext.benchmark.comparison import Comparison
from autotext.benchmark.page import render_comparison
from autotext.benchmark.provenance import repeat_command

# Elements that have no end tag.
VOID = ("meta", "br", "hr", "img", "link", "input")


class Page(HTMLParser):
    """Elements, texts and attributes of a page whose elements all end where they should."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts, self.bold = [], [], [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes.append(dict(attributes))
        if tag not in VOID:
            self.open.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.open and "best" in (self.open[-1][1].get("class") or ""):
            self.bold.append(data)


@pytest.fixture(scope="module")
def comparison():
    few = dict(list(ARMS.items())[:4])
    multilabel = made_lines({"emotions": "en", "topics": "ko"}, few, kind="multilabel")
    return Comparison.from_lines(made_lines() + made_lines(seconds=20.0) + multilabel)


@pytest.fixture(scope="module")
def html(comparison):
    return render_comparison(comparison)


def text_of(html):
    return " ".join(" ".join(Page(re.sub("<style>.*?</style>", "", html, flags=re.DOTALL)).texts).split())


def test_a_page_is_well_formed_and_small(html):
    page = Page(html)
    ids = [attributes["id"] for attributes in page.attributes if "id" in attributes]
    targets = [attributes["href"] for attributes in page.attributes if "href" in attributes]
    assert len(set(ids)) == len(ids)
    assert {target.removeprefix("#") for target in targets} == set(ids)
    assert len(html.encode()) < 300_000


def test_a_page_asks_nothing_of_a_network(html):
    assert not re.search(r"https?:|url\(|@import|<script|<link|<img|src=", html)


def test_the_outcome_is_one_sentence_for_each_table(comparison, html):
    text = text_of(html)
    table = comparison.tables[0]
    first, second = table.arms[:2]
    by = table.ranks[1] - table.ranks[0]
    assert f"{first} has the best mean rank on 12 tasks, {table.ranks[0]:.2f}, ahead of {second} by {by:.2f}" in text
    assert f"critical difference {table.critical_difference:.2f}" in text
    assert text.count("has the best mean rank") == len(comparison.tables)


@pytest.mark.parametrize(("changes", "said"), [
    ({"cliques": ()}, "told apart from all others"),
    ({"cliques": (("a", "b"),)}, "not told apart from the next 1, but from all after"),
    ({"cliques": (("a", "b", "c"),), "friedman_p": 0.25}, "No two of all 3 arms are told apart (Friedman p = 0.250, critical"),
    ({"critical_difference": None}, "One task tells no arms apart"),
    ({"ranks": np.array([1.5, 1.5, 3.0])}, "a and b share the best mean rank")])
def test_whether_arms_are_told_apart(changes, said):
    comparison = Comparison.from_lines(made_lines(arms=dict.fromkeys("abc", "system")))
    table = dataclasses.replace(wide_table(comparison.tables[0], list("abc")), **{"friedman_p": None, **changes})
    assert said in text_of(render_comparison(dataclasses.replace(comparison, tables=(table,))))


def test_autotext_is_compared_with_the_best_of_its_peers(comparison, html):
    against = comparison.tables[0].against_best("autotext")
    assert f"is above on {100 * against.share:.0f} % of tasks, by {against.points:.2f} points" in text_of(html)


def test_every_score_is_there_and_the_best_are_bold(comparison, html):
    table = comparison.tables[0]
    page = Page(html)
    for row, _ in enumerate(table.tasks):
        best = f"{table.scores[row].max():.3f}"
        assert best in page.bold
        assert all(f"{score:.3f}" in page.texts for score in table.scores[row])


def test_scores_that_count_the_floor_are_told_and_why(comparison, html):
    table = comparison.tables[0]
    assert table.imputed.any()
    reasons = [attributes["title"] for attributes in Page(html).attributes
               if "imputed" in (attributes.get("class") or "") and "title" in attributes]
    assert sorted(reasons) == sorted(reason for table in comparison.tables for reason in table.reasons.values())
    assert "flaml : abstained: it does not do Korean" in text_of(html)


def test_notes_command_versions_and_rows_are_there(comparison, html):
    text = text_of(html)
    assert all(" ".join(note.split()) in text for note in comparison.notes)
    assert repeat_command(comparison) in text
    assert "scikit-learn 1.9.1" in text
    assert "A processor at 2.5 GHz, 2 cores, 31 GiB" in text
    assert all(line["fingerprint"] in text for line in comparison.lines)


def test_each_plot_is_drawn(comparison, html):
    titles = re.findall(r'<svg class="plot"[^>]*aria-label="([^"]*)"', html)
    assert {"Mean ranks: Single-label tasks", "Elo ratings: Multi-label tasks", "Score and memory: Single-label tasks",
            "Mean score by budget: Single-label tasks", "Validation score over time: nsmc"} <= set(titles)
    assert sum("over time" in title for title in titles) == len(TASKS) + 2


def test_tasks_whose_progress_is_not_shown_are_counted():
    lines = made_lines({f"task_{number}": "en" for number in range(33)}, {"a": "system", "b": "system"}, seeds=(0,))
    page = render_comparison(Comparison.from_lines(lines))
    assert "Of 33 tasks, the first 30." in page
    assert len(re.findall("aria-label=\"Validation score over time", page)) == 30


def test_an_arm_has_the_same_colour_in_all_plots_of_lines(html):
    for arm in ("autotext", "fasttext"):
        colours = re.findall(f'class="series (colour-[0-9] dash-[0-9])"><title>{arm}</title>', html)
        assert len(colours) > 2
        assert len(set(colours)) == 1


def test_the_command_repeats_the_limits():
    lines = made_lines({"nsmc": "ko"}, {"autotext": "system", "my arm; rm -rf": "model"}, seconds=20.0)
    assert repeat_command(Comparison.from_lines(lines)) == (
        "autotext benchmark run --suite quick --arms autotext 'my arm; rm -rf' --budget 20s --seeds 2 --cpus 1 --rows 5000 "
        "--out FOLDER")


@pytest.mark.parametrize("lines", [
    made_lines({"nsmc": "ko"}, {"autotext": "system"}, seeds=(0,)),
    made_lines({"nsmc": "ko"}, seeds=(0,)),
    made_lines(arms={"autotext": "system", "tfidf_lr": "model"}, curve=[], fit_seconds=None, peak_mib=None, artifact_mb=None,
               texts_per_second=None, versions=None, machine=None),
    [*made_lines({"nsmc": "ko"}, {"a": "system"}),
     *made_lines({"nsmc": "ko"}, {"b": "system"}, status="failed", error="no", score=None)]],
    ids=["one arm", "one task", "nothing recorded", "all failed"])
def test_little_to_compare_is_a_page_too(lines):
    Page(render_comparison(Comparison.from_lines(lines)))


def test_nothing_to_compare_is_said():
    comparison = Comparison.from_lines(made_lines({"nsmc": "ko"}, {"autotext": "system"}))
    assert "No arm has scores" in text_of(render_comparison(dataclasses.replace(comparison, tables=())))


def test_names_cannot_leave_their_place():
    lines = made_lines(dict.fromkeys(HOSTILE[:3], "<i>"), dict.fromkeys(HOSTILE, "system"), seeds=(0,), suite="<b>suite",
                       machine={"cpu": "<u>cpu"}, versions={"<s>": "<q>"}, family="<em>")
    page = render_comparison(Comparison.from_lines(lines))
    tags = set(Page(page).tags)
    assert not {"script", "img", "i", "u", "s", "q", "em"} & tags
    assert not re.search("[\x00-\x08\x0e-\x1f\ud800-\udfff]", page)
    assert "{{ 7 * 7 }}" in page
    assert not any(name.startswith("on") for attributes in Page(page).attributes for name in attributes)


def test_many_arms_are_in_tables_and_the_best_in_plots(comparison):
    names = [f"arm_{number}_{'x' * 190}" for number in range(300)]
    wide = dataclasses.replace(comparison, tables=(wide_table(comparison.tables[0], names),))
    page = render_comparison(wide)
    assert all(f"<bdi>{name}</bdi>" in page for name in names)
    assert "Of 300 arms, the 30 with the best mean ranks." in page
    assert len(page.encode()) < 1_500_000
