"""What somebody is told who may not do what they want."""

from __future__ import annotations

from typing import ClassVar

from gondwana.errors import GondwanaError


class SignInError(GondwanaError):
    """Nobody has this name and password."""

    code: ClassVar[str] = "sign_in"
    http_status: ClassVar[int] = 401


class ForbiddenError(GondwanaError):
    """Somebody who is known may not do this."""

    code: ClassVar[str] = "forbidden"
    http_status: ClassVar[int] = 403
