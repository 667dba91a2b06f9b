"""Every block of the README runs, with budgets cut to seconds; the two set-up commands are run by .ci/run."""

import re

from documented import ROOT, read_blocks, run_blocks, write_samples

README, KOREAN = ROOT / "README.md", ROOT / "README.ko.md"
MOST_LINES = 200


def test_the_blocks_are_those_that_are_known():
    assert [kind for kind, _ in read_blocks(README)] == ["sh", "python", "python", "sh", "python", "sh"]


def test_blocks_run_in_order(tmp_path):
    write_samples(tmp_path)
    run_blocks(read_blocks(README), tmp_path)
    assert (tmp_path / "labelled.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_korean_one_has_the_same_code():
    without_comments = [[(kind, re.sub(r" *# .*", "", code)) for kind, code in read_blocks(page)] for page in (README, KOREAN)]
    assert without_comments[0] == without_comments[1]
    assert all((ROOT / link).exists() for link in re.findall(r"\]\(([^)#]+)[^)]*\)", KOREAN.read_text("utf-8")))


def test_it_is_short_and_its_links_lead_somewhere():
    text = README.read_text("utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert "docs/tutorial.md" in links
    assert all((ROOT / link).exists() for link in links)
