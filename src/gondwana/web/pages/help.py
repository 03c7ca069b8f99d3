"""Help: how it works, a glossary, every field of every form, and the REST API."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from gondwana.web.forms import fields_of
from gondwana.web.glossary import GLOSSARY
from gondwana.web.visitors import actor, platform

help_pages = Blueprint("help", __name__)


@help_pages.get("/help")
def overview() -> Any:
    """Tell how it works."""
    return render_template("help/overview.html", here="overview")


@help_pages.get("/help/glossary")
def glossary() -> Any:
    """Explain the words of the field and of this program."""
    words = sorted(GLOSSARY, key=lambda entry: str(entry.word).casefold())
    return render_template("help/glossary.html", here="glossary", words=words)


@help_pages.get("/help/fields")
def fields() -> Any:
    """Explain every field of every form."""
    actor()
    steps = [(step, fields_of(step)) for step in platform().graph.steps.values()]
    return render_template("help/fields.html", here="fields", steps=steps)


@help_pages.get("/help/api")
def api() -> Any:
    """Tell how scripts do what the pages do."""
    return render_template("help/api.html", here="api")
