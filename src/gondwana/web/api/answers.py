"""Answers that are more than JSON: of something new, and of a file."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import IO, Any, cast

from flask import jsonify, request
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from gondwana.errors import ParameterError
from gondwana.reports.numbers import size
from gondwana.services.files import RevisionInfo
from gondwana.storage.errors import FileTooLargeError
from gondwana.web.api.routes import json_of
from gondwana.web.visitors import settings

CHECKSUM = "Repr-Digest"
_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)")
_CHUNK = 256 * 1024

HEADERS_OF_FILE = (
    (CHECKSUM, "`sha-256=:…:`, the checksum of the whole file in base 64 (RFC 9530)"),
    ("ETag", "the same checksum; send it as `If-None-Match` or `If-Range`"),
    ("Accept-Ranges", "`bytes`: a download that broke off can be taken up again"),
    ("Content-Disposition", "the name of the file"),
)


def made(kind: Any, value: Any, address: str) -> Response:
    """Answer with something new and the address where it is found."""
    response = jsonify(json_of(kind, value))
    response.status_code = HTTPStatus.CREATED
    response.headers["Location"] = address
    return response


def body_stream() -> IO[bytes]:
    """Return what is sent, to be read as it comes.

    Raises
    ------
    FileTooLargeError
        It says that it is larger than any file that is taken.
    """
    largest = settings().largest_file
    if (request.content_length or 0) > largest:
        raise FileTooLargeError(
            f"the file is larger than {size(largest)}", remedy="coarsen it, or ask an administrator"
        )
    return request.stream


def checksum_of_request() -> str:
    """Return the checksum that the header tells of what is sent; empty if there is none.

    Raises
    ------
    ParameterError
        The header tells another one than sha-256, or none.
    """
    told = request.headers.get(CHECKSUM)
    if told is None:
        return ""
    found = _SHA256.search(told)
    try:
        if found is not None:
            return b64decode(found.group(1), validate=True).hex()
    except Error:
        pass
    raise ParameterError(
        "it holds no sha-256", remedy="send 'sha-256=:BASE64:', or leave it out", where=CHECKSUM
    )


def sent(opening: AbstractContextManager[tuple[RevisionInfo, IO[bytes]]]) -> Response:
    """Send a file, whole or the part that was asked for, or nothing if it is known already.

    Parameters
    ----------
    opening : context manager
        Of the file; it is closed when all is sent.
    """
    found, stream = opening.__enter__()
    media = (
        "application/x-netcdf" if found.file_name.endswith(".nc") else "application/octet-stream"
    )
    response = Response(wrap_file(request.environ, cast("Any", stream), _CHUNK), mimetype=media)
    response.call_on_close(lambda: opening.__exit__(None, None, None))
    try:
        response.content_length = found.size
        response.last_modified = found.created
        response.set_etag(found.sha256)
        response.headers[CHECKSUM] = digest(found.sha256)
        response.headers["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
        response.headers["Cache-Control"] = "private, no-cache"
        response.make_conditional(request, accept_ranges=True, complete_length=found.size)
    except BaseException:
        response.close()
        raise
    return response


def digest(sha256: str) -> str:
    """Return a checksum as the header tells it."""
    return f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"
