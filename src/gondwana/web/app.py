"""The Flask application: pages, REST API and a health check over one platform."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy import text
from werkzeug.middleware.proxy_fix import ProxyFix

from gondwana.config import Settings
from gondwana.dispatcher.platform import Platform
from gondwana.web.api import api
from gondwana.web.errors import tell_errors
from gondwana.web.headers import guarded
from gondwana.web.pages import PAGES, frame
from gondwana.web.secrets import cookie_secret
from gondwana.web.texts import speak

_SPARE = 1024 * 1024
"""Bytes that a form may hold beside its file."""
_LONGEST_FIELD = 2 * 1024 * 1024
_MOST_FIELDS = 20_000  # a table of biomes has 13 for each


def make_app(platform: Platform, settings: Settings) -> Flask:
    """Make the application of an installation.

    Parameters
    ----------
    platform : Platform
    settings : Settings
    """
    app = Flask(__name__)
    app.secret_key = cookie_secret(settings)
    app.extensions |= {"gondwana": platform, "gondwana_settings": settings}
    is_public = settings.mode == "distributed"
    app.config.update(
        MAX_CONTENT_LENGTH=settings.largest_file + _SPARE,
        MAX_FORM_MEMORY_SIZE=_LONGEST_FIELD,
        MAX_FORM_PARTS=_MOST_FIELDS,
        SESSION_COOKIE_NAME="gondwana",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_public,
        PERMANENT_SESSION_LIFETIME=timedelta(days=90),
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),  # the address tells the version
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_CHECK_DEFAULT=False,  # see `frame`: the API looks itself
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    CSRFProtect(app)
    speak(app)
    tell_errors(app)
    app.after_request(guarded)
    app.register_blueprint(api, url_prefix="/api/v1")
    for pages in PAGES:
        app.register_blueprint(pages)
    frame(app)

    @app.get("/health")
    def health() -> Any:
        """Tell that the database answers; raises what it says if it does not."""
        with platform.database.reading() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ok"}

    return app
