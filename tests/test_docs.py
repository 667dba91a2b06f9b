"""Every block of the pages in docs/ runs, with budgets cut to seconds; every page is reached, and every template is shown."""

import re
import shutil

import pytest
from documented import ROOT, read_blocks, run_blocks, write_samples

from autotext import TextPipeline

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
# What the README has too is run by its own test.
BLOCKS = {page: [block for block in read_blocks(page) if block not in read_blocks(ROOT / "README.md")]
          for page in [*PAGES, ROOT / "CONTRIBUTING.md"]}
TEMPLATES = sorted(path for path in (DOCS / "templates").iterdir() if path.suffix in (".py", ".yaml"))


def name_of(path):
    return str(path.relative_to(DOCS))


@pytest.fixture(scope="module")
def fitted():
    configuration = {"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "logistic"}
    return TextPipeline(configuration).fit({"review": ["so good", "very good", "so bad", "very bad"] * 5}, [5, 5, 1, 1] * 5)


@pytest.mark.parametrize("page", [page for page, blocks in BLOCKS.items() if blocks], ids=lambda page: page.stem)
def test_blocks_run_in_order(page, tmp_path, fitted, static_folder, encoder_folder):
    write_samples(tmp_path)
    fitted.save(tmp_path / "reviews-pipeline")
    for name, folder in (("word-vectors", static_folder), ("my-encoder", encoder_folder)):
        shutil.copytree(folder, tmp_path / name)
    for template in TEMPLATES:
        shutil.copy(template, tmp_path)
    run_blocks(BLOCKS[page], tmp_path)


def test_every_page_is_reached_from_the_first():
    named = re.findall(r"^(?:[\w ]+ <)?([\w/]+)>?$", (DOCS / "index.md").read_text("utf-8"), re.MULTILINE)
    assert {f"{name}.md" for name in named} == {name_of(page) for page in PAGES} - {"index.md"}


def test_every_template_is_shown():
    shown = {path for page in PAGES for path in re.findall(r"literalinclude\} \.\./templates/(\S+)", page.read_text("utf-8"))}
    assert shown == {template.name for template in TEMPLATES}
