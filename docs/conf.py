"""Settings of the website: ``make docs`` builds it into ``docs/_build``."""

import os
from pathlib import Path
from typing import Any

from sklearn_attngen import __version__

project = "sklearn_attngen"
author = "the sklearn_attngen developers"
release = version = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates", "**/GALLERY_HEADER.rst"]
templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "show_toc_level": 2,
    "header_links_before_dropdown": 4,  # more do not fit beside the search
    "navigation_with_keys": False,
    "logo": {"text": f"{project} {version}"},
}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = project
html_show_sourcelink = False
# Pages without pages below them have nothing to show there, and tables want the room.
html_sidebars = {
    page: [] for page in ("index", "guide", "results", "performance", "choices", "changelog")
}
smartquotes = False  # quotes are to be copied into Python

# Links to headings, as GitHub makes them.
myst_heading_anchors = 4

# A package lists what is public in __all__, and imports it from its modules.
autosummary_ignore_module_all = False
autosummary_imported_members = True
autodoc_typehints = "none"  # the docstrings say more
autodoc_preserve_defaults = True
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False


def _arguments(_: Any, script: dict[str, Any]) -> list[str]:
    """Have examples write to ``_build``, by a path that is printed the same on every machine."""
    source = Path(script["src_file"])
    folder = Path(__file__).parent / "_build" / "examples" / source.stem
    return [os.path.relpath(folder, source.parent)]  # which examples run in


sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "_gallery",
    "reset_argv": _arguments,
    # Jupyter has arguments of its own, which are not for the example.
    "first_notebook_cell": "import sys\n\nsys.argv[1:] = []",
    "download_all_examples": False,
    "min_reported_time": 5,
    "show_memory": False,
    "write_computation_times": False,
}
# The function above cannot be kept from one build to the next, and inherited docstrings point at
# pages of scikit-learn.
suppress_warnings = ["config.cache", "ref.ref", "ref.term"]
