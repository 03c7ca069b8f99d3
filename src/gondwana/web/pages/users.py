"""Users, as an administrator looks after them: inviting, roles, quotas, passwords, activation."""

from __future__ import annotations

from collections import defaultdict
from math import isfinite
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gondwana.errors import GondwanaError, ParameterError
from gondwana.services import disk, invitations, users
from gondwana.services.invitations import MOST_DAYS, Made
from gondwana.storage.errors import ConflictError, NameTakenError
from gondwana.storage.marks import utc_now
from gondwana.storage.words import Role
from gondwana.web.visitors import actor, platform

users_pages = Blueprint("users", __name__)

_TOLD = (ConflictError, NameTakenError, ParameterError)
"""What is told beside the field; all else is told on a page of its own."""

_GB = 10**9
_MOST_GB = 10**6
Problem = tuple[str, GondwanaError]


@users_pages.get("/admin/users")
def listed() -> Any:
    """List all users and open invitations."""
    return _list()


@users_pages.post("/admin/users")
def create() -> Any:
    """Add a user, who is given a password on the page that follows."""
    typed = {name: request.form.get(name, "").strip() for name in ("name", "email")}
    try:
        made = users.create(platform(), actor(), typed["name"], email=typed["email"])
    except _TOLD as error:
        return _list(typed, ("email" if error.where == "email" else "name", error))
    flash(_("%(name)s is added. Set a password, so that they can sign in.", name=made.name), "good")
    return redirect(_at(made.name))


@users_pages.post("/admin/users/invite")
def invite() -> Any:
    """Invite somebody; the link is shown this once, and kept nowhere."""
    typed = {name: request.form.get(name, "").strip() for name in ("note", "days")}
    field = "days"
    try:
        days = _whole(typed["days"], 1, MOST_DAYS)
        field = "note"
        made = invitations.invite(platform(), actor(), note=typed["note"], days=days)
    except _TOLD as error:
        return _list(typed, (field, error))
    response = make_response(_list(made=made))
    response.headers["Cache-Control"] = "no-store"
    return response


@users_pages.post("/admin/users/withdraw")
def withdraw() -> Any:
    """Make an invitation void."""
    invitations.withdraw(platform(), actor(), request.form.get("invitation", ""))
    flash(_("The invitation is withdrawn."), "good")
    return redirect(url_for("users.listed"))


@users_pages.get("/admin/users/one")
def show() -> Any:
    """Show one user, and what can be done about them."""
    return _page(request.args.get("name", ""))


@users_pages.post("/admin/users/role")
def set_role() -> Any:
    """Make somebody an administrator, or a user like others."""
    name, role = request.form.get("name", ""), request.form.get("role", "")
    try:
        users.set_role(platform(), actor(), name, _role(role))
    except _TOLD as error:
        return _page(name, {"role": role}, ("role", error))
    flash(_("The role is changed."), "good")
    return redirect(_at(name))


@users_pages.post("/admin/users/quota")
def set_quota() -> Any:
    """Say how much room somebody's files may take."""
    name, quota = request.form.get("name", ""), request.form.get("quota", "").strip()
    try:
        users.set_quota(platform(), actor(), name, _bytes(quota))
    except _TOLD as error:
        return _page(name, {"quota": quota}, ("quota", error))
    flash(_("The quota is changed."), "good")
    return redirect(_at(name))


@users_pages.post("/admin/users/password")
def set_password() -> Any:
    """Give somebody a new password."""
    name = request.form.get("name", "")
    try:
        users.set_password(platform(), actor(), name, request.form.get("password", ""))
    except _TOLD as error:
        return _page(name, problem=("password", error))
    flash(_("The password is changed. Tell it to %(name)s in a safe way.", name=name), "good")
    return redirect(_at(name))


@users_pages.post("/admin/users/deactivate")
def deactivate() -> Any:
    """Shut somebody out."""
    name = request.form.get("name", "")
    try:
        users.deactivate(platform(), actor(), name)
    except _TOLD as error:
        return _page(name, problem=("active", error))
    flash(_("%(name)s is shut out. What is theirs stays.", name=name), "good")
    return redirect(_at(name))


@users_pages.post("/admin/users/activate")
def activate() -> Any:
    """Let somebody in again."""
    name = request.form.get("name", "")
    users.activate(platform(), actor(), name)
    flash(_("%(name)s can sign in again.", name=name), "good")
    return redirect(_at(name))


def _list(
    typed: dict[str, str] | None = None, problem: Problem | None = None, made: Made | None = None
) -> Any:
    page = render_template(
        "admin/users.html",
        tab="users",
        users=users.everybody(platform(), actor()),
        invitations=invitations.listed(platform(), actor()),
        made=made,
        now=utc_now(),
        most_days=MOST_DAYS,
        **_shown_again(typed, problem),
    )
    return page, problem[1].http_status if problem else 200


def _page(name: str, typed: dict[str, str] | None = None, problem: Problem | None = None) -> Any:
    who = actor()
    user = users.get(platform(), who, name)
    # an administrator alone gets past this, also where they ask about themselves
    use = disk.use_of(platform(), who, user.name)
    page = render_template(
        "admin/user.html",
        tab="users",
        user=user,
        use=use,
        standard=platform().quota,
        gigabytes="" if user.quota is None else f"{user.quota / _GB:g}",
        **_shown_again(typed, problem),
    )
    return page, problem[1].http_status if problem else 200


def _shown_again(typed: dict[str, str] | None, problem: Problem | None) -> dict[str, Any]:
    """Return what was typed and what is wrong with it, by field; empty for all others."""
    problems = {problem[0]: str(problem[1])} if problem else {}
    return {"typed": defaultdict(str, typed or {}), "problems": defaultdict(str, problems)}


def _at(name: str) -> str:
    return url_for("users.show", name=name)


def _role(given: str) -> Role:
    try:
        return Role(given)
    except ValueError:
        raise ParameterError(
            "it is not said which role", remedy="choose user or administrator"
        ) from None


def _bytes(gigabytes: str) -> int | None:
    """Read a quota; empty is that of everybody."""
    if not gigabytes:
        return None
    try:
        number = float(gigabytes.replace(",", "."))
    except ValueError:
        number = float("nan")
    if not (isfinite(number) and 0 <= number <= _MOST_GB):
        raise ParameterError(
            f"'{gigabytes[:40]}' is no quota", remedy=f"give gigabytes from 0 to {_MOST_GB}"
        )
    return round(number * _GB)


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and least <= int(text) <= most):
        raise ParameterError(
            f"'{text[:40]}' is no number of days", remedy=f"give {least} to {most}"
        )
    return int(text)
