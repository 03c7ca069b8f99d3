"""What a browser may say to a map application."""

from __future__ import annotations

from typing import Any

import pytest

from gondwana.server.modesty import is_modest

MODEL = {"id": "p1"}


def said(*events: Any) -> dict[str, Any]:
    return {"events": list(events)}


def changed(new: Any) -> dict[str, Any]:
    return {"kind": "ModelChanged", "model": MODEL, "attr": "data", "new": new}


@pytest.mark.parametrize(
    "content",
    [
        {},
        said(changed({"type": "map", "entries": [["said", ['{"do": "undo"}'] * 200]]})),
        said({"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": {"type": "event"}}),
        said(changed({"type": "object", "name": "Range1d", "id": "p2"})),
        said(changed(["x" * 2_000_000])),
    ],
)
def test_what_pages_say_is_taken(content: Any) -> None:
    assert is_modest(content)


@pytest.mark.parametrize(
    "content",
    [
        said(changed([{"type": "object", "name": "Range1d", "id": f"q{k}"} for k in range(21)])),
        said(changed([[] for _ in range(2_001)])),
        said(changed([[[[] for _ in range(60)] for _ in range(60)]])),
        said({"kind": "ColumnsStreamed", "model": MODEL, "data": {}, "rollover": None}),
        said({"kind": "ColumnsPatched", "model": MODEL, "patches": {}}),
        said({"kind": "RootAdded", "model": MODEL}),
        said(*[changed("x")] * 201),
        {"events": "all"},
    ],
)
def test_what_no_page_says_is_refused(content: Any) -> None:
    assert not is_modest(content)
