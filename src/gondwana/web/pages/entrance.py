"""Coming in and going out: sign in, register, sign out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gondwana.accounts.errors import ForbiddenError, SignInError
from gondwana.errors import GondwanaError, ParameterError
from gondwana.services import example, invitations, sessions, signing_in, users
from gondwana.services.signing_in import TooManyTriesError
from gondwana.storage.errors import ConflictError, NameTakenError, NotFoundError
from gondwana.web.visitors import address, enter, leave, mark, platform, settings, somebody

entrance = Blueprint("entrance", __name__)


@entrance.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Any:
    """Let somebody in by name and password."""
    target = own_path(request.values.get("next", ""))
    if request.method == "GET":
        if somebody() is not None:
            return redirect(target or url_for("projects.listed"))
        return render_template("entrance/sign_in.html", name="", target=target, problem="")
    name = request.form.get("name", "").strip()
    try:
        who = signing_in.sign_in(
            platform(), name, request.form.get("password", ""), address=address(), mark=mark()
        )
    except (SignInError, ForbiddenError, TooManyTriesError) as error:
        page = render_template(
            "entrance/sign_in.html", name=name, target=target, problem=str(error)
        )
        wait = getattr(error, "retry_after", None)
        return page, error.http_status, {"Retry-After": str(wait)} if wait else {}
    enter(who)
    return redirect(target or url_for("projects.listed"))


@entrance.route("/register", methods=["GET", "POST"])
def register() -> Any:
    """Let somebody make an account, where they may."""
    if somebody() is not None:
        return redirect(url_for("projects.listed"))
    secret = request.values.get("invitation", "")
    invitation = _invitation(secret)
    if settings().registration != "open" and invitation is None:
        return render_template("entrance/closed.html", was_invited=bool(secret)), 403
    typed = {"name": "", "email": ""}
    problems: dict[str, str] = {}
    if request.method == "POST":
        typed = {name: request.form.get(name, "").strip() for name in typed}
        problems = _registered(typed, secret if invitation else "")
        if not problems:
            flash(_("Welcome. An example is there already: open it and look around."), "good")
            return redirect(url_for("projects.listed"))
    page = render_template("entrance/register.html", typed=typed, problems=problems, secret=secret)
    return page, 422 if problems else 200


@entrance.post("/sign-out")
def sign_out() -> Any:
    """End the session of this browser."""
    leave()
    flash(_("You are signed out."), "good")
    return redirect(url_for("entrance.sign_in"))


@entrance.get("/enter")
def enter_by_key() -> Any:
    """Let the user of this machine in by the link that the server printed."""
    try:
        who = sessions.local_actor(platform(), request.args.get("key", ""))
    except SignInError as error:
        if somebody() is not None:
            return redirect(url_for("projects.listed"))
        told = {"status": error.http_status, "message": error.problem, "remedy": error.remedy}
        return render_template("error.html", where="", **told), error.http_status
    example.give(platform(), who)
    enter(who)
    return redirect(url_for("projects.listed"))


def own_path(given: str) -> str:
    """Return where to go next, if that is one of our own pages; else nothing."""
    parts = urlsplit(given)
    is_own = given.startswith("/") and not given.startswith(("//", "/\\"))
    is_plain = not parts.scheme and not parts.netloc and given.isprintable() and "\\" not in given
    return given if is_own and is_plain else ""


def _invitation(secret: str) -> invitations.InvitationInfo | None:
    if not secret:
        return None
    try:
        return invitations.open_one(platform(), secret)
    except NotFoundError:
        return None


def _registered(typed: dict[str, str], secret: str) -> dict[str, str]:
    """Make an account and let its owner in; return what is wrong, by field."""
    password = request.form.get("password", "")
    try:
        if secret:
            who = invitations.register(platform(), secret, typed["name"], password)
        else:
            who = users.register(platform(), typed["name"], password)
        if typed["email"]:
            users.set_email(platform(), who, typed["email"])
    except (NameTakenError, ParameterError, ConflictError, NotFoundError) as error:
        return {_field_of(error): str(error)}
    example.give(platform(), who)
    enter(who)
    return {}


def _field_of(error: GondwanaError) -> str:
    for field, word in (("password", "password"), ("email", "e-mail")):
        if word in error.problem:
            return field
    return "name"
