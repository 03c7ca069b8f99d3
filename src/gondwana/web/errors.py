"""What is told of everything that goes wrong: one shape for scripts, one page for people."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, flash, jsonify, make_response, redirect, render_template, request
from flask import url_for as link_to
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from gondwana.accounts.errors import SignInError
from gondwana.errors import GondwanaError

API = "/api/"

_log = logging.getLogger(__name__)


def tell_errors(app: Flask) -> None:
    """Let an application tell all errors in our way."""
    app.register_error_handler(GondwanaError, _told)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def problem(status: int, code: str, message: str, remedy: str = "", where: str = "") -> Response:
    """Return an error in the one shape that all errors of the API have."""
    told = {"code": code, "message": message, "remedy": remedy, "where": where}
    response = jsonify(error=told)
    response.status_code = status
    # a browser would ask for name and password in a window of its own
    if status == HTTPStatus.UNAUTHORIZED and "Sec-Fetch-Mode" not in request.headers:
        response.headers["WWW-Authenticate"] = 'Basic realm="Gondwana", charset="UTF-8"'
    return response


def _page(status: int, message: str, remedy: str = "", where: str = "") -> Response:
    told = {"status": status, "message": message, "remedy": remedy, "where": where}
    return make_response(render_template("error.html", **told), status)


def _told(error: GondwanaError) -> Any:
    response = _answer(error)
    wait = getattr(error, "retry_after", None)
    if wait is not None:
        response.headers["Retry-After"] = str(round(wait))
    return response


def _answer(error: GondwanaError) -> Response:
    if request.path.startswith(API):
        return problem(error.http_status, error.code, error.problem, error.remedy, error.where)
    if isinstance(error, SignInError) and request.method == "GET":
        if request.path != "/":
            flash(_("Sign in first, and you will be taken to the page you asked for."), "quiet")
        target = link_to("entrance.sign_in", next=request.full_path.rstrip("?"))
        return make_response(redirect(target))
    return _page(error.http_status, error.problem, error.remedy, error.where)


def _forged(error: CSRFError) -> Response:
    told = _("This form was open for too long, or did not come from this page")
    remedy = _("go back, load the page again, and send it once more")
    if request.path.startswith(API):
        return problem(error.code or 400, "forged", told, remedy)
    return _page(error.code or 400, told, remedy)


def _http(error: HTTPException) -> Any:
    if error.response is not None or (error.code or 500) < HTTPStatus.BAD_REQUEST:
        return error
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    text = (error.description or error.name).rstrip(".")
    if request.path.startswith(API):
        response = problem(status, (error.name or "error").lower().replace(" ", "_"), text)
        own = (header for header in error.get_headers() if header[0] != "Content-Type")
        response.headers.extend(own)  # such as Allow
        return response
    if status == HTTPStatus.NOT_FOUND:
        text = _("There is nothing at this address")
    return _page(status, text)


def _unexpected(error: Exception) -> Response:
    _log.exception("a request failed", exc_info=error)
    told = "something went wrong in a way that nobody foresaw"
    remedy = "try again, and tell the administrator, who finds it in the log"
    if request.path.startswith(API):
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected", told, remedy)
    return _page(HTTPStatus.INTERNAL_SERVER_ERROR, told, remedy)
