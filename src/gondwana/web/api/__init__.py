"""The REST API: all that the pages can do, for scripts, and a document that tells it."""

from __future__ import annotations

from gondwana.web.api import (  # noqa: F401 - each declares its routes
    document,
    events,
    files,
    offers,
    people,
    projects,
    runs,
    sharing,
    steps,
    tokens,
)
from gondwana.web.api.routes import api

__all__ = ["api"]
