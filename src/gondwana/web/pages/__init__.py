"""The pages: one module for each subject, each with a blueprint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, current_app, request
from flask_wtf.csrf import CSRFProtect

from gondwana import __version__
from gondwana.web.errors import API
from gondwana.web.pages.account import account_pages
from gondwana.web.pages.admin import admin_pages
from gondwana.web.pages.compare import maps_pages
from gondwana.web.pages.editing import editing_pages
from gondwana.web.pages.entrance import entrance
from gondwana.web.pages.files import files_pages
from gondwana.web.pages.help import help_pages
from gondwana.web.pages.new_project import new_project_pages
from gondwana.web.pages.project import project_pages
from gondwana.web.pages.projects import projects_pages
from gondwana.web.pages.report import report_pages
from gondwana.web.pages.sharing import sharing_pages
from gondwana.web.pages.steps import steps_pages
from gondwana.web.pages.users import users_pages
from gondwana.web.visitors import settings, somebody

PAGES: tuple[Blueprint, ...] = (
    admin_pages,
    account_pages,
    editing_pages,
    entrance,
    files_pages,
    help_pages,
    maps_pages,
    new_project_pages,
    project_pages,
    projects_pages,
    report_pages,
    sharing_pages,
    steps_pages,
    users_pages,
)


def frame(app: Flask) -> None:
    """Give all pages what they share: protected forms, and who is signed in."""
    app.before_request(_protect)
    app.context_processor(_shared)


def _protect() -> None:
    """Refuse forms that are not ours; the API does that where a cookie tells who asks."""
    if not request.path.startswith(API):
        protection: CSRFProtect = current_app.extensions["csrf"]
        protection.protect()


def _shared() -> dict[str, Any]:
    lazily: Callable[[], Any] = somebody
    return {"me": lazily, "settings": settings(), "version": __version__}
