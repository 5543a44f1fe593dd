"""Sphinx reads the pages as Markdown and the API from the docstrings."""

import importlib.metadata

project = "skcurve"
author = "the skcurve developers"
copyright = "2026, the skcurve developers"
release = importlib.metadata.version("skcurve")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
]
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath"]
autodoc_default_options = {"members": True}
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = f"skcurve {release}"
