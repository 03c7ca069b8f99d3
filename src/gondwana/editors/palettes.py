"""Colours for the browser, which mixes them itself so that a choice takes effect at once."""

from __future__ import annotations

from functools import cache

from gondwana.maps.scales import AUTOMATIC
from gondwana.maps.views import COLOURS
from gondwana.reports.colours import crameri, hexadecimal


@cache
def tables() -> dict[str, list[str]]:
    """Return all colour maps that a field may get, by name, each as CSS writes colours."""
    names = dict.fromkeys((*COLOURS, *AUTOMATIC))
    return {name: [hexadecimal(colour) for colour in crameri(name)] for name in names}
