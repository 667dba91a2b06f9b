"""Settings of the pages: `make docs` builds them into build/docs."""

import io
import os
from contextlib import redirect_stdout, suppress
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from autotext import __version__
from autotext.cli.main import main

project = "autotext"
author = "the contributors of autotext"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["templates"]
html_theme = "furo"
html_title = f"autotext {__version__}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sphinx = False
html_use_index = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
# Summaries are fetched, which a browser does not allow on pages that are opened from a folder.
html_show_search_summary = False
html_theme_options = {"navigation_with_keys": True}
# Docstrings name code in single backticks, and types in their sections.
default_role = "code"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
myst_heading_anchors = 3


class CommandHelp(Directive):
    """What a command of the command line prints with --help."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """A literal block."""
        printed = io.StringIO()
        os.environ["COLUMNS"] = "80"
        with redirect_stdout(printed), suppress(SystemExit):
            main([*" ".join(self.arguments).split(), "--help"])
        return [nodes.literal_block(printed.getvalue(), printed.getvalue(), language="text")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directive known."""
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
