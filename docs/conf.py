"""Sphinx's configuration: ``sphinx-build -W --keep-going -b html docs docs/_build/html``."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of

project = "datamaestro"
author = "The datamaestro developers"
copyright = author  # noqa: A001  (Sphinx's name)
release = version = version_of("datamaestro-core")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"datamaestro {release}"
default_role = "py:obj"
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

# Types are in the signatures; the texts say what they mean.
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

# A reference to something of datamaestro has to lead somewhere.
nitpicky = True
nitpick_ignore_regex = [
    # Words in backticks that are no names, and other people's names.
    (r"py:.*", r"(?!datamaestro).*"),
    # Type variables.
    (r"py:.*", r"datamaestro.*\.(AnyResource|Record|Spec|T|Train|Validation|Test)"),
    # A base that archives share, and a part of a contract: nobody derives from them.
    (r"py:class", r"datamaestro_download_archive\.origin\.FromArchive"),
    (r"py:class", r"datamaestro\.testing\.contracts\.conduct\.HandlerConduct"),
]


def setup(app):
    """Connect what follows."""
    app.connect("autodoc-process-bases", show_public_bases)
    app.connect("autodoc-process-signature", show_markers)


def show_public_bases(app, name, obj, options, bases):  # noqa: ARG001
    """Show the public bases of a class in place of those that are private to the code."""
    for index, base in reversed(list(enumerate(bases))):
        if getattr(base, "__name__", "").startswith("_"):
            public = [item for item in base.__mro__[1:] if not item.__name__.startswith("_")]
            bases[index : index + 1] = public[:1]


MARKED = re.compile(r"~?(?:\w+\.)*Annotated\[(?P<type>.*?), <Role\.(?P<role>\w+): '\w+'>\]")


def show_markers(app, what, name, obj, options, signature, returned):  # noqa: ARG001
    """Show the parameters of data types as they are written: ``Param[T]``, ``Meta[T]``."""
    markers = {"IDENTITY": "Param", "META": "Meta"}
    if signature is not None:
        signature = MARKED.sub(
            lambda match: f"{markers[match['role']]}[{match['type']}]", signature
        )
    return signature, returned
