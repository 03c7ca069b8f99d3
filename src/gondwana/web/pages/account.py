"""One's own account: name, e-mail, password, tokens for scripts, and sessions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gondwana.accounts.errors import SignInError
from gondwana.errors import ParameterError
from gondwana.services import quotas, sessions, signing_in, tokens, users
from gondwana.services.signing_in import TooManyTriesError
from gondwana.storage.errors import ConflictError
from gondwana.web.visitors import actor, address, mark, platform, visitor

account_pages = Blueprint("account", __name__)

DAYS = (30, 90, 365)
"""How long a token may last, beside without end."""


@account_pages.get("/account")
def show() -> Any:
    """Show one's own account."""
    return _page({})


@account_pages.post("/account/email")
def email() -> Any:
    """Change the e-mail address."""
    typed = request.form.get("email", "")
    try:
        users.set_email(platform(), actor(), typed)
    except ParameterError as error:
        return _page({"email": str(error)}, email=typed), error.http_status
    return _saved(_("Saved."))


@account_pages.post("/account/password")
def password() -> Any:
    """Change the password; all other sessions end by it."""
    here = visitor()
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        signing_in.sign_in(platform(), here.actor.name, old, address=address(), mark=mark())
    except SignInError:
        return _page({"old": _("The old password is wrong.")}), 422
    except TooManyTriesError as error:
        return _page({"old": str(error)}), error.http_status
    try:
        users.change_password(platform(), here.actor, old, new)
    except (ParameterError, ConflictError) as error:
        return _page({"new": str(error)}), error.http_status
    sessions.end_others(platform(), here.actor, here.session_id)
    return _saved(_("The password is changed. Everywhere else you were signed out."))


@account_pages.post("/account/tokens")
def make_token() -> Any:
    """Make a token, and show it this once."""
    name, days = request.form.get("token", ""), request.form.get("days", "", type=str)
    try:
        lasting = int(days) if days else None
        made = tokens.make(platform(), actor(), name, lasting)
    except (ParameterError, ValueError) as error:
        return _page({"token": str(error)}, token=name), 422
    return _page({}, made=made)


@account_pages.post("/account/tokens/revoke")
def revoke_token() -> Any:
    """Make a token useless."""
    tokens.revoke(platform(), actor(), request.form.get("id", ""))
    return _saved(_("The token is of no use any more."))


@account_pages.post("/account/sessions/end")
def end_session() -> Any:
    """End one session, or all others."""
    here = visitor()
    one = request.form.get("id", "")
    if one:
        sessions.end_one(platform(), here.actor, one)
    else:
        sessions.end_others(platform(), here.actor, here.session_id)
    return _saved(_("Signed out there."))


def _saved(told: str) -> Any:
    flash(told, "good")
    return redirect(url_for("account.show"))


def _page(problems: dict[str, str], **more: Any) -> str:
    here = visitor()
    who = here.actor
    me = users.get(platform(), who, who.name)
    shown = {"made": None, "token": "", "email": me.email, **more}
    return render_template(
        "account/show.html",
        user=me,
        problems=problems,
        tokens=tokens.listed(platform(), who),
        sessions=sessions.listed(platform(), who),
        here=here.session_id,
        usage=quotas.usage(platform(), who),
        days=DAYS,
        **shown,
    )
