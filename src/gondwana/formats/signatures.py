"""Telling by its first bytes what a file is that is not NetCDF."""

from __future__ import annotations

_CONVERT = "convert it to NetCDF first"
_UNPACK = "unpack it and give the NetCDF file in it"

_KNOWN: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a zip archive", _UNPACK),
    (b"PK\x05\x06", "an empty zip archive", "pack it again, with the file in it"),
    (b"\x1f\x8b", "a file packed by gzip", _UNPACK),
    (b"BZh", "a file packed by bzip2", _UNPACK),
    (b"\xfd7zXZ", "a file packed by xz", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"%PDF", "a PDF document", "give the data behind it"),
    (b"GRIB", "a GRIB file", f"{_CONVERT}, for example with cdo -f nc copy"),
    (b"II*\x00", "a TIFF image", f"{_CONVERT}, for example with gdal_translate -of netCDF"),
    (b"MM\x00*", "a TIFF image", f"{_CONVERT}, for example with gdal_translate -of netCDF"),
    (b"\x0e\x03\x13\x01", "an HDF4 file", _CONVERT),
    (b"\x89PNG", "a picture", "give the data behind it"),
    (b"\xff\xd8\xff", "a picture", "give the data behind it"),
)
_PAGE = (b"<!doctype html", b"<html", b"<head", b"<body")
_PLAIN = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}


def what_it_is(head: bytes) -> tuple[str, str]:
    """Tell what a file is, and what can be done with it.

    Parameters
    ----------
    head : bytes
        What it begins with, some hundred bytes of it.

    Returns
    -------
    str
        Such as "a zip archive"; empty if that is not known.
    str
        What to do.
    """
    for signature, name, remedy in _KNOWN:
        if head.startswith(signature):
            return name, remedy
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.lower().startswith(_PAGE):
        return "a web page", "download the file itself: its server may have asked for a sign-in"
    if text and _PLAIN.issuperset(text):
        return "a text file", _CONVERT
    return "", _CONVERT
