"""Whether it is known who sends a request, before its body is there."""

from __future__ import annotations

from typing import Any

from flask import Flask

from gondwana.errors import GondwanaError
from gondwana.web.api.callers import caller
from gondwana.web.errors import API
from gondwana.web.visitors import actor


def is_known(app: Flask, environ: dict[str, Any]) -> bool:
    """Tell whether a request comes from somebody who is signed in, or shows a good token.

    Parameters
    ----------
    app : Flask
    environ : dict
        Of the request, as WSGI has it; its method does not matter.
    """
    with app.request_context({**environ, "REQUEST_METHOD": "GET"}):
        try:
            if environ.get("PATH_INFO", "").startswith(API):
                caller()
            else:
                actor()
        except GondwanaError:
            return False
    return True
