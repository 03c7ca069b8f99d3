"""What a browser may say to a map application, looked at before Bokeh makes objects of it.

Bokeh reads messages in the only event loop: fifty thousand models in one of them would keep
everybody waiting. No page of ours sends more than a few.
"""

from __future__ import annotations

from typing import Any

MOST_EVENTS = 200
MOST_PARTS = 2_000
MOST_OBJECTS = 20
LARGEST_MESSAGE = 3_000_000
"""Bytes of a message, unpacked."""

_GROWING = {"ColumnsStreamed", "ColumnsPatched", "RootAdded"}


def is_modest(content: Any) -> bool:
    """Tell whether the content of a message (JSON) is one that a page of ours could send."""
    events = content.get("events", ()) if isinstance(content, dict) else ()
    if not isinstance(events, list | tuple) or len(events) > MOST_EVENTS:
        return False
    parts = objects = 0
    waiting = [content]
    while waiting:
        part = waiting.pop()
        parts += 1
        if isinstance(part, dict):
            if part.get("kind") in _GROWING:
                return False
            objects += part.get("type") == "object"
            inner: Any = part.values()
        else:
            inner = part
        waiting.extend(one for one in inner if isinstance(one, dict | list))
        if parts + len(waiting) > MOST_PARTS or objects > MOST_OBJECTS:
            return False
    return True
