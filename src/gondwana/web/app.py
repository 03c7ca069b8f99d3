"""The Flask application: routes of the API, one shape for every error, and a health check."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify
from sqlalchemy import text
from werkzeug.exceptions import HTTPException

from gondwana.dispatcher.platform import Platform
from gondwana.errors import GondwanaError
from gondwana.web.api import api

_log = logging.getLogger(__name__)


def make_app(platform: Platform, *, largest: int) -> Flask:
    """Make the application of an installation.

    Parameters
    ----------
    platform : Platform
    largest : int
        Bytes of the largest request that is taken.
    """
    app = Flask("gondwana", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = largest
    app.extensions["gondwana"] = platform
    app.register_blueprint(api, url_prefix="/api/v1")
    app.register_error_handler(GondwanaError, _told)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)
    app.after_request(_guarded)

    @app.get("/health")
    def health() -> Any:
        """Tell that the database answers; raises what it says if it does not."""
        with platform.database.reading() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ok"}

    return app


def problem(status: int, code: str, message: str, remedy: str = "", where: str = "") -> Response:
    """Return an error in the one shape that all errors have."""
    told = {"code": code, "message": message, "remedy": remedy, "where": where}
    response = jsonify(error=told)
    response.status_code = status
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Basic realm="Gondwana", charset="UTF-8"'
    return response


def _told(error: GondwanaError) -> Response:
    return problem(error.http_status, error.code, error.problem, error.remedy, error.where)


def _http(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    code = (error.name or "error").lower().replace(" ", "_")
    return problem(status, code, (error.description or error.name).rstrip("."))


def _unexpected(error: Exception) -> Response:
    _log.exception("a request failed", exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "unexpected",
        "something went wrong in a way that nobody foresaw",
        "try again, and tell the administrator, who finds it in the log",
    )


def _guarded(response: Response) -> Response:
    """Keep browsers from guessing, framing and caching what belongs to one person."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'")
    response.headers.setdefault("Cache-Control", "no-store")
    return response
