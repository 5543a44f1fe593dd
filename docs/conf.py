"""Sphinx reads the pages as Markdown, the API from the docstrings, and runs the examples.

Nothing is fetched, neither while building nor while reading: no inventories of other projects, and
MathJax is one of the files of the site.
"""

import importlib.metadata
import os
import re
import sys
from pathlib import Path

from sphinx.pycode import ModuleAnalyzer
from sphinx_gallery.sorting import ExplicitOrder

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "skcurve"
author = "the skcurve developers"
copyright = "2026, the skcurve developers"
release = importlib.metadata.version("skcurve")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "house",
    "picture_pairs",
]
# The gallery brings the sources of its pages along; they are no pages.
exclude_patterns = ["_build", "**/*.ipynb", "auto_examples/**/*.py", "auto_examples/**/*.md5"]
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["skcurve.css"]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

# Names in single backticks link to their pages, if they have one.
default_role = "py:obj"

# A page for every public name, which docs/_templates/autosummary lays out.
autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say more
numpydoc_show_class_members = False

# The published codebooks are not ours to ship: where they are absent, their example is shown and
# not run.
has_published = (Path(os.environ.get("SKCURVE_PUBLISHED", "")) / "ffhq" / "codebooks").is_dir()
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_" if has_published else r"/plot_(?!published)",
    "within_subsection_order": ExplicitOrder(
        [
            "plot_two_dimensional_shapes.py",
            "plot_digits_curve.py",
            "plot_sentence_map.py",
            "plot_bitrate_and_smoothness.py",
            "plot_grid_search.py",
            "plot_pseudotime.py",
            "plot_augmentation.py",
            "plot_directions.py",
            "plot_digits_vae.py",
            "plot_saliency.py",
            "*",
            "plot_published_codebooks.py",
        ]
    ),
    "thumbnail_size": (560, 400),
    "remove_config_comments": True,
    "abort_on_example_error": True,
    "capture_repr": (),
    "show_memory": False,
    "min_reported_time": 1,
    "download_all_examples": False,
    "write_computation_times": False,
    "doc_module": ("skcurve",),
    "backreferences_dir": "generated/backreferences",
}

html_theme = "pydata_sphinx_theme"
html_title = f"skcurve {release}"
html_show_sourcelink = False
without_sidebar = "index what_is_it comparison method cli glossary changelog"
html_sidebars = {page: [] for page in without_sidebar.split()}
html_theme_options = {
    "logo": {"text": "skcurve"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "show_prev_next": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


def plain_links(app, what, name, obj, options, lines):
    """Take the links out that inherited docstrings have, into scikit-learn's own pages."""
    for i, line in enumerate(lines):
        line = re.sub(r":ref:`sphx_glr_[^`]*`", "the gallery of scikit-learn", line)
        lines[i] = re.sub(r":ref:`([^`<]+?) <[^`>]*>`", r"\1", line)


def docstrings_of_data(app, what, name, obj, options, lines):
    """Find the docstring of a constant in the module that defines it, not in those that hand it on.

    A constant has none of its own: Python shows that of its type.
    """
    if what == "data":
        package, _, constant = name.rpartition(".")
        for module in [home for home in sys.modules if home.startswith(f"{package}.")]:
            found = ModuleAnalyzer.for_module(module).find_attr_docs().get(("", constant))
            lines[:] = found or lines


def skip_fields(app, what, name, obj, skip, options):
    """Leave out the fields of named tuples: the class describes them already."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def setup(app):
    app.connect("autodoc-process-docstring", plain_links)
    app.connect("autodoc-process-docstring", docstrings_of_data)
    app.connect("autodoc-skip-member", skip_fields)
