"""What can go wrong with what is kept, as a person is told."""

from __future__ import annotations

from typing import ClassVar

from gondwana.errors import GondwanaError


class NotFoundError(GondwanaError):
    """Something that is not there, or no longer."""

    code: ClassVar[str] = "not_found"
    http_status: ClassVar[int] = 404


class NameTakenError(GondwanaError):
    """Another one has this name already."""

    code: ClassVar[str] = "name_taken"
    http_status: ClassVar[int] = 409


class ConflictError(GondwanaError):
    """Somebody else was quicker, or it is not the time for this."""

    code: ClassVar[str] = "conflict"
    http_status: ClassVar[int] = 409


class DatabaseUnavailableError(GondwanaError):
    """The database does not answer or is busy; it may be there again soon."""

    code: ClassVar[str] = "database_unavailable"
    http_status: ClassVar[int] = 503
    retryable: ClassVar[bool] = True


class SchemaError(GondwanaError):
    """The database is not of the form that this version needs."""

    code: ClassVar[str] = "bad_schema"
    http_status: ClassVar[int] = 500


class StoreUnavailableError(GondwanaError):
    """The place of the files does not answer or refuses us."""

    code: ClassVar[str] = "file_store_unavailable"
    http_status: ClassVar[int] = 503
    retryable: ClassVar[bool] = True


class FileMissingError(GondwanaError):
    """A file that is not in the store."""

    code: ClassVar[str] = "file_missing"
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = True


class FileDamagedError(GondwanaError):
    """A stored file whose bytes are no longer those that were stored."""

    code: ClassVar[str] = "file_damaged"
    http_status: ClassVar[int] = 500


class FileTooLargeError(GondwanaError):
    """More bytes than a file may have."""

    code: ClassVar[str] = "file_too_large"
    http_status: ClassVar[int] = 413
