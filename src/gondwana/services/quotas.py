"""How much room a person's files take, and how much they may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Any, ClassVar, cast

from sqlalchemy.orm import Session

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import GondwanaError
from gondwana.services.door import reading
from gondwana.storage import offers, users


class QuotaError(GondwanaError):
    """A person's files would take more room than they may."""

    code: ClassVar[str] = "quota"
    http_status: ClassVar[int] = 413


@dataclass(frozen=True)
class Usage:
    """Bytes of a person's files, each counted once, and how many there may be; None for any."""

    used: int
    quota: int | None

    @property
    def room(self) -> int | None:
        """Bytes that may still come; None for any."""
        return None if self.quota is None else max(0, self.quota - self.used)

    def with_more(self, size: int) -> Usage:
        """Return what there will be with another file."""
        return Usage(self.used + size, self.quota)

    def require(self, size: int) -> None:
        """Refuse more bytes than there is room for.

        Raises
        ------
        QuotaError
        """
        if self.quota is not None and self.room is not None and size > self.room:
            raise QuotaError(
                f"your files take {told(self.used)} of {told(self.quota)}, which leaves "
                f"{told(self.room)} for this one, and it is larger",
                remedy="delete projects that are no longer needed, or ask an administrator",
            )


def usage(platform: Platform, actor: Actor) -> Usage:
    """Tell how much room one's own files take.

    Raises
    ------
    ForbiddenError
        The account is not active.
    """
    with reading(platform, actor) as visit:
        return usage_of(platform, visit.session, visit.actor.user_id)


def usage_of(platform: Platform, session: Session, user_id: str, *, without: str = "") -> Usage:
    """Tell how much room the files of a user take, apart from one if so wanted."""
    own = users.get(session, user_id).quota
    used = offers.used_bytes(session, user_id, without=without)
    return Usage(used, platform.quota if own is None else own)


def bounded(stream: IO[bytes], found: Usage) -> IO[bytes]:
    """Return a stream that raises `QuotaError` when it has given more than there is room for."""
    return cast("IO[bytes]", _Bounded(stream, found))


class _Bounded:
    def __init__(self, stream: IO[bytes], found: Usage) -> None:
        self._stream = stream
        self._usage = found
        self._given = 0

    def read(self, size: int = -1) -> bytes:
        part = self._stream.read(size)
        self._given += len(part)
        self._usage.require(self._given)
        return part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def told(size: int) -> str:
    """Return a number of bytes as it is said."""
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB"), (1, "kB")):
        if size >= 1000**power:
            return f"{size / 1000**power:.3g} {unit}"
    return f"{size} bytes"
