"""A history as JSON values, so that a closed browser loses nothing.

Lists that follow each other share most of their edits: each list tells how many of the first edits
of the list before it keeps, and what follows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gondwana.editors.history import MOST_EDITS, Entry, History, edit_of
from gondwana.errors import GondwanaError

MOST_DEEDS = 20_000
"""Deeds of one history; older ones are not kept in a draft."""

Json = dict[str, Any]


def kept(history: History) -> Json:
    """Write down a history.

    Returns
    -------
    dict
        ``start`` (a list), ``deeds`` (each with ``title``, ``keeps`` and ``then``), ``at`` (how
        many of the deeds are done).
    """
    deeds = [*history.done, *reversed(history.undone)][-MOST_DEEDS:]
    at = max(0, len(history.done) - max(0, len(history.done) + len(history.undone) - MOST_DEEDS))
    start = deeds[0].old if deeds else history.entries
    told, before = [], start
    for deed in deeds:
        keeps = _shared(before, deed.new)
        then = [_plain(entry) for entry in deed.new[keeps:]]
        told.append({"title": deed.title, "keeps": keeps, "then": then})
        before = deed.new
    return {"start": [_plain(entry) for entry in start], "deeds": told, "at": at}


def restore(history: History, draft: Mapping[str, Any]) -> bool:
    """Do again what a draft tells, on whatever field there is now.

    Parameters
    ----------
    history : History
        Fresh, with the saved list in it.
    draft : mapping
        As `kept` wrote it.

    Returns
    -------
    bool
        False if the draft makes no sense: the history is as it was.
    """
    try:
        start = [_entry(one) for one in draft["start"]]
        lists, titles = [start], []
        for deed in draft["deeds"]:
            then = [_entry(one) for one in deed["then"]]
            lists.append([*lists[-1][: int(deed["keeps"])], *then])
            titles.append(str(deed["title"])[:80])
        at = int(draft["at"])
        too_long = max(len(one) for one in lists) > MOST_EDITS
    except (KeyError, TypeError, ValueError, GondwanaError):
        return False
    if not 0 <= at <= len(titles) <= MOST_DEEDS or too_long:
        return False
    if [entry.edit for entry in start] != history.edits:
        history.take("what was changed before", start)
        history.done.clear()
    for title, entries in zip(titles, lists[1:], strict=True):
        history.take(title, entries)
    for _ in range(len(titles) - at):
        history.undo()
    return True


def _shared(one: Sequence[Entry], other: Sequence[Entry]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left.edit is not right.edit and left.edit != right.edit:
            break
        count += 1
    return count


def _plain(entry: Entry) -> Json:
    return entry.edit.model_dump(mode="json", exclude_defaults=True)


def _entry(plain: Mapping[str, Any]) -> Entry:
    return Entry(edit_of(plain))
