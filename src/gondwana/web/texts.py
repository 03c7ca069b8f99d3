"""How pages write: translated texts, times, sizes and words for states."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, url_for
from flask_babel import Babel, format_datetime, format_timedelta, get_locale, gettext
from markupsafe import Markup, escape

from gondwana.reports.numbers import size as sized
from gondwana.storage.marks import utc_now

_STATIC = Path(__file__).parent / "static"
_SOON = 7 * 86400
_SHORT = 60
_AGENTS = (
    (("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"),
     ("Safari/", "Safari"), ("curl/", "curl"), ("python-requests/", "Python")),
    (("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Windows", "Windows"),
     ("Mac OS", "macOS"), ("Linux", "Linux")),
)  # fmt: skip
"""Marks of browsers and systems; those that others name as well come last."""


def speak(app: Flask) -> None:
    """Give an application its language and the words that templates use."""
    Babel(app, default_locale="en", default_timezone="UTC")
    app.jinja_env.filters |= {
        "ago": ago,
        "browser": browser,
        "when": when,
        "sized": sized,
        "lasting": lasting,
        "sentence": sentence,
        "slug": slug,
    }
    app.jinja_env.globals |= {"asset": asset, "get_locale": get_locale}


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", ":")) else ".")


def slug(text: str) -> str:
    """Return a text as part of the name of a style: ``awaiting you`` becomes ``awaiting-you``."""
    return text.replace(" ", "-")


def ago(time: datetime) -> Markup:
    """Tell how long ago something was, and when it was to whoever points at it."""
    seconds = (utc_now() - time).total_seconds()
    if seconds < 10:
        told = gettext("just now")
    elif seconds < _SOON:
        told = gettext("%(time)s ago", time=format_timedelta(seconds, granularity="second"))
    else:
        told = format_datetime(time, "d MMM y")
    return _time(time, told)


def when(time: datetime) -> Markup:
    """Tell day and hour, in UTC."""
    return _time(time, format_datetime(time, "d MMM y, HH:mm"))


def browser(agent: str) -> str:
    """Return what a browser is and where it runs, as far as it tells."""
    found = [next((name for mark, name in marks if mark in agent), "") for marks in _AGENTS]
    if all(found):
        return str(gettext("%(browser)s on %(system)s", browser=found[0], system=found[1]))
    return found[0] or agent[:_SHORT]


def lasting(seconds: float | None) -> str:
    """Tell how long something took."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def asset(name: str) -> str:
    """Return the address of a file of ours, which changes with what is in it."""
    return url_for("static", filename=name, v=_version(name))


@cache
def _version(name: str) -> str:
    return sha256((_STATIC / name).read_bytes()).hexdigest()[:10]


def _time(time: datetime, told: str) -> Markup:
    exact = format_datetime(time, "d MMM y, HH:mm:ss")
    # all that is put in is escaped
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        time.isoformat(timespec="seconds"), escape(exact), told
    )
