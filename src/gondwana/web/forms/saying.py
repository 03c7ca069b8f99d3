"""Translated texts for those that return them: the same as gettext, with types."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext


def _(text: str, **named: Any) -> str:
    """Translate a text and put in what it names."""
    return str(gettext(text, **named))
