"""One person's work on one field: an ask in, an answer out, nothing of the web in between.

What is asked for changes the selection, the list of edits or what is looked at; the answer holds
what differs from before and nothing else. The verbs are those of `docs/editors.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np

from gondwana.editors import drafts, problems, telling
from gondwana.editors.history import Entry, edit_of
from gondwana.editors.mending import mend_all, outcome
from gondwana.editors.shapes import place_of, target_of
from gondwana.editors.telling import Answer
from gondwana.editors.work import NO_CELLS, Work
from gondwana.errors import GondwanaError, ParameterError
from gondwana.services.editing import Opened, SavedNow
from gondwana.steps.edits import Edit, Place
from gondwana.steps.placing import are_beyond, cells_place
from gondwana.storage.errors import ConflictError

Ask = Mapping[str, Any]
_CHANGEABLE = {"value", "limits", "times", "width", "basin", "reason"}
_READING = {
    "begin", "select", "invert", "clear", "all", "only", "look", "show", "globe", "copy", "refresh",
    "preview", "unpreview",
}  # fmt: skip


class Door(Protocol):
    """The services, for one person and one subject."""

    def opened(self) -> Opened: ...  # noqa: D102
    def keep_draft(self, draft: Mapping[str, Any], based_on: int, base: str) -> datetime: ...  # noqa: D102
    def drop_draft(self) -> None: ...  # noqa: D102
    def save(self, edits: list[dict[str, Any]], based_on: int, note: str) -> int: ...  # noqa: D102
    def saved(self) -> SavedNow: ...  # noqa: D102
    def beneath(self) -> str: ...  # noqa: D102


class EditingSession:
    """A field that is being edited.

    Parameters
    ----------
    door : Door
        Where drafts and saved lists go.
    opened : Opened
        The field, and what was done to it before.
    """

    def __init__(self, door: Door, opened: Opened) -> None:
        self._door = door
        self._conflict: dict[str, Any] | None = None
        self._beneath = ""
        self._work = Work(opened)
        self._restore(opened.draft)

    def handle(self, ask: Ask) -> Answer:
        """Do what is asked for.

        Parameters
        ----------
        ask : mapping
            With ``do``, ``id`` and what belongs to the verb.

        Returns
        -------
        Answer
            What has changed; ``error`` if it could not be done, and nothing was.
        """
        answer = Answer()
        verb = ask.get("do")
        answer.told["to"] = ask.get("id")
        try:
            if verb not in _VERBS:
                raise ParameterError(
                    "nobody knows what this asks for", remedy="load the page again"
                )
            if verb not in _READING and not self._work.opened.may_change:
                raise ParameterError(
                    "you may look at this project and cannot change it",
                    remedy="ask its owner for the right to change it",
                )
            _VERBS[verb](self, ask, answer)
        except GondwanaError as error:
            answer.told["error"] = {
                "problem": error.problem, "remedy": error.remedy, "about": verb,
            }  # fmt: skip
        except (TypeError, ValueError, KeyError, OverflowError):
            answer.told["error"] = {
                "problem": "this cannot be understood", "remedy": "try again", "about": verb,
            }  # fmt: skip
        return answer

    @property
    def has_news(self) -> bool:
        """Whether something was done since the draft was kept."""
        return self._work.has_news

    def keep(self) -> dict[str, Any]:
        """Keep a draft of what was done; return what the browser is told.

        Raises
        ------
        GondwanaError
            It cannot be kept.
        """
        self._work.has_news = False
        if not self._work.history.done and not self._work.history.undone:
            self._door.drop_draft()
            return {"draft": None}
        draft = {
            "history": drafts.kept(self._work.history), "based_on": self._work.number,
            "base": self._work.opened.base,
        }  # fmt: skip
        kept = self._door.keep_draft(draft, self._work.number, self._work.opened.base)
        return {"draft": {"kept": kept.isoformat()}}

    def _restore(self, draft: Mapping[str, Any] | None) -> None:
        if not draft or not drafts.restore(self._work.history, draft.get("history", {})):
            return
        if draft.get("base") != self._work.opened.base:
            self._beneath = (
                "The file beneath has changed since you left. "
                "Your edits were applied to the new one."
            )
        if draft.get("based_on") != self._work.number:
            self._conflict = self._meanwhile()

    def _begin(self, _ask: Ask, answer: Answer) -> None:
        self._work.begin(answer)
        if self._conflict is not None:
            answer.told["conflict"] = self._conflict
        if self._beneath:
            answer.told["beneath"] = {"text": self._beneath}

    # Selecting

    def _select(self, ask: Ask, answer: Answer) -> None:
        how = ask.get("how", "new")
        if how not in ("new", "add", "subtract", "intersect"):
            raise ParameterError("there is no such way to select", remedy="choose one shown")
        place = self._drawn(ask)
        self._work.selection.choose(how, place, self._work.history.values)
        self._selection_changed(answer)

    def _drawn(self, ask: Ask) -> Place:
        drawn = place_of(ask.get("shape"), self._work.canvas, str(ask.get("in")))
        return self._work.meant(drawn)

    def _invert(self, _ask: Ask, answer: Answer) -> None:
        self._work.selection.invert(self._work.history.values)
        self._selection_changed(answer)

    def _all(self, _ask: Ask, answer: Answer) -> None:
        self._work.selection.all(self._work.history.values)
        self._selection_changed(answer)

    def _clear(self, _ask: Ask, answer: Answer) -> None:
        self._work.selection.clear()
        self._selection_changed(answer)

    def _only(self, ask: Ask, answer: Answer) -> None:
        only = ask.get("only")
        if only not in ("all", "land", "ocean"):
            raise ParameterError("there is no such restriction", remedy="choose one shown")
        self._work.selection.restrict(only, self._work.history.values)
        self._selection_changed(answer)

    def _selection_changed(self, answer: Answer) -> None:
        self._work.tell_selection(answer)
        self._work.picture.marks_changed(answer)

    # Changing

    def _apply(self, ask: Ask, answer: Answer) -> None:
        place = self._work.selection.place
        if "shape" in ask:
            place = self._drawn(ask)
        if place is None:
            raise ParameterError("nothing is selected", remedy="select cells on the map first")
        values = {name: ask[name] for name in _CHANGEABLE if ask.get(name) is not None}
        values |= {"operation": ask.get("operation"), "at": place}
        if self._work.selection.only != "all" and values["operation"] != "assign":
            values["only"] = self._work.selection.only
        self._add(values, answer)

    def _add(self, values: dict[str, Any], answer: Answer) -> None:
        subject = self._work.opened.subject
        if subject.variable:
            values |= {"file": subject.file, "variable": subject.variable}
            values |= {"index": dict(subject.index)} if subject.index else {}
        delta = self._work.history.add(self._signed(values))
        if np.array_equal(delta.before, delta.after, equal_nan=True):
            answer.told["done"] = "Listed, but it changes no value"
        self._work.changed(delta, answer)

    def _signed(self, values: Mapping[str, Any]) -> Edit:
        author, now = self._work.opened.author, datetime.now(UTC).replace(microsecond=0)
        return edit_of({**values, "author": author, "time": now})

    def _copy(self, _ask: Ask, answer: Answer) -> None:
        cells = np.flatnonzero(self._work.selection.mask)
        if not cells.size:
            raise ParameterError("nothing is selected", remedy="select what is to be copied")
        rows, columns = np.divmod(cells, self._work.canvas.shape[1])
        middle = self._work.canvas.position(int(np.median(rows)), int(np.median(columns)))
        self._work.copied = (cells, middle)
        answer.told["done"] = f"Copied {cells.size} cells; choose where their middle goes"

    def _paste(self, ask: Ask, answer: Answer) -> None:
        if self._work.copied is None:
            raise ParameterError("nothing was copied", remedy="copy a selection first")
        cells, middle = self._work.copied
        canvas, surface = self._work.canvas, self._work.opened.surface
        source = canvas.degrees(*canvas.cell(*middle))
        target = target_of(ask.get("to"), canvas, str(ask.get("in")))
        shift = (target[0] - source[0], target[1] - source[1])
        lon = (canvas.lon.flat[cells] + shift[0] + 180.0) % 360.0 - 180.0
        lat = canvas.lat.flat[cells] + shift[1]
        points = np.column_stack([lon, lat])[np.abs(lat) <= 90.0]
        there = surface.places.nearest(points) if points.size else NO_CELLS  # type: ignore[arg-type]
        there = there[~are_beyond(points, there, surface)]
        if not there.size:
            raise ParameterError(
                "nothing of it would lie on the map", remedy="choose another place"
            )
        turned = ((shift[0] + 180.0) % 360.0 - 180.0, shift[1])
        place = cells_place(surface, np.unique(there))
        values = {"operation": "paste", "at": place, "shift": turned}
        self._add(values | {"reason": str(ask.get("reason", ""))}, answer)

    def _undo(self, _ask: Ask, answer: Answer) -> None:
        self._work.changed(self._work.history.undo(), answer)

    def _redo(self, _ask: Ask, answer: Answer) -> None:
        self._work.changed(self._work.history.redo(), answer)

    def _switch(self, ask: Ask, answer: Answer) -> None:
        self._work.changed(self._work.history.switch(int(ask["number"]), bool(ask["off"])), answer)

    def _move(self, ask: Ask, answer: Answer) -> None:
        self._work.changed(self._work.history.move(int(ask["number"]), int(ask["to"])), answer)

    def _remove(self, ask: Ask, answer: Answer) -> None:
        self._work.changed(self._work.history.remove(int(ask["number"])), answer)

    def _change(self, ask: Ask, answer: Answer) -> None:
        values = {name: ask[name] for name in _CHANGEABLE if name in ask}
        self._work.changed(self._work.history.change(int(ask["number"]), values), answer)

    # Problems

    def _preview(self, ask: Ask, answer: Answer) -> None:
        edits = self._fixing(ask)
        values, surface = self._work.history.values, self._work.opened.surface
        cells, after = outcome(values, surface, edits, self._work.kept)
        self._work.picture.preview(cells)
        self._work.picture.marks_changed(answer)
        moved = float((np.abs(after - values.flat[cells]) * surface.area.flat[cells]).sum())
        answer.told["preview"] = {
            "text": telling.preview(edits, self._work.opened.unit, cells.size, moved),
            "cells": int(cells.size), "problem": ask.get("problem"), "fix": ask.get("fix"),
        }  # fmt: skip

    def _unpreview(self, _ask: Ask, answer: Answer) -> None:
        self._work.picture.preview(NO_CELLS)
        self._work.picture.marks_changed(answer)
        answer.told["preview"] = None

    def _fix(self, ask: Ask, answer: Answer) -> None:
        edits = [self._signed(edit.model_dump(exclude_defaults=True)) for edit in self._fixing(ask)]
        history = self._work.history
        title = f"{ask.get('fix')} all" if len(edits) > 1 else edits[0].operation
        self._work.changed(history.add_all(title, edits), answer)

    def _fixing(self, ask: Ask) -> list[Edit]:
        """Return the edits that mend one problem, or all of a kind."""
        work, fix, reason = self._work, str(ask.get("fix")), str(ask.get("reason") or "")
        findings, values, surface = work.findings, work.history.values, work.opened.surface
        if findings is None:
            raise ParameterError("there are no problems here", remedy="change cells by hand")
        if "kind" in ask:
            kind = problems.kind_named(str(ask["kind"]))
            return mend_all(values, surface, work.opened.parameters, work.kept, kind, fix, reason)
        problem = problems.named(findings, str(ask.get("problem")))
        return [problems.fix_of(findings, problem, fix, values, surface, reason)]

    # Looking

    def _look(self, ask: Ask, answer: Answer) -> None:
        self._work.picture.look(
            answer, self._work.history.values, list(ask["window"]), int(ask.get("width", 0))
        )

    def _show(self, ask: Ask, answer: Answer) -> None:
        is_difference = ask.get("what") == "difference"
        self._work.picture.show(answer, self._work.history.values, difference=is_difference)
        answer.told["shown"] = "difference" if is_difference else "field"

    def _globe(self, ask: Ask, answer: Answer) -> None:
        self._work.picture.globe(answer, str(ask.get("projection")), float(ask.get("centre", 0.0)))

    # Keeping

    def _save(self, ask: Ask, answer: Answer) -> None:
        note = str(ask.get("note", ""))
        if ask.get("on_top"):
            self._on_top(answer)
        elif self._door.beneath() != self._work.opened.base:
            self._conflict = self._meanwhile() | {"beneath": True}
            answer.told["conflict"] = self._conflict
            return
        conflicts = self._work.history.conflicts
        if conflicts:
            raise ParameterError(
                f"edit {conflicts[0]} cannot be applied "
                f"({self._work.history.entries[conflicts[0] - 1].conflict})",
                remedy="change it, switch it off or remove it, then save again",
            )
        edits = self._work.history.edits
        plain = [edit.model_dump(mode="json", exclude_defaults=True) for edit in edits]
        try:
            self._work.number = self._door.save(plain, self._work.number, note)
        except ConflictError:
            self._conflict = self._meanwhile()
            answer.told["conflict"] = self._conflict
            return
        self._work.history.saved = edits
        self._conflict = None
        self._work.has_news = False
        answer.told["saved"] = {"number": self._work.number}
        answer.told["draft"] = None
        self._work.tell_edits(answer)

    def _meanwhile(self) -> dict[str, Any]:
        now = self._door.saved()
        return {
            "author": now.author, "created": now.created.isoformat() if now.created else None,
            "note": now.note, "number": now.number, "edits": len(now.edits),
            "mine": len(self._work.history.unsaved),
        }  # fmt: skip

    def _on_top(self, answer: Answer) -> None:
        """Put one's own edits on top of what somebody else has saved."""
        now = self._door.saved()
        theirs = [edit_of(plain) for plain in now.edits]
        mine = [edit for edit in self._work.history.unsaved if edit not in theirs]
        self._work.history.saved = theirs
        self._work.number = now.number
        entries = [Entry(edit) for edit in (*theirs, *mine)]
        self._work.changed(self._work.history.take("on top of what was saved", entries), answer)

    def _discard(self, _ask: Ask, answer: Answer) -> None:
        self._door.drop_draft()
        entries = [Entry(edit) for edit in self._work.history.saved]
        self._work.changed(self._work.history.take("back to what was saved", entries), answer)
        answer.told["draft"] = None

    def _again(self, _ask: Ask, answer: Answer) -> None:
        """Apply the edits again that the file had before its step made it anew."""
        before, history = self._work.opened.earlier, self._work.history
        if before is None:
            raise ParameterError("there are no earlier edits", remedy="make new ones")
        self._work.changed(
            history.add_all("apply again", [edit_of(edit) for edit in before.edits]), answer
        )

    def _refresh(self, ask: Ask, answer: Answer) -> None:
        """Load again what is saved and what lies beneath; one's own edits go on top."""
        mine = self._work.history.unsaved
        self._work = Work(self._door.opened())
        self._conflict, self._beneath = None, ""
        if mine:
            entries = [*self._work.history.entries, *(Entry(edit) for edit in mine)]
            self._work.history.take("on top of what was saved", entries)
            self._work.has_news = True
        self._begin(ask, answer)


_VERBS: dict[str, Callable[[EditingSession, Ask, Answer], None]] = {
    "begin": EditingSession._begin,
    "select": EditingSession._select,
    "invert": EditingSession._invert,
    "clear": EditingSession._clear,
    "all": EditingSession._all,
    "only": EditingSession._only,
    "apply": EditingSession._apply,
    "copy": EditingSession._copy,
    "paste": EditingSession._paste,
    "undo": EditingSession._undo,
    "redo": EditingSession._redo,
    "switch": EditingSession._switch,
    "move": EditingSession._move,
    "remove": EditingSession._remove,
    "change": EditingSession._change,
    "preview": EditingSession._preview,
    "unpreview": EditingSession._unpreview,
    "fix": EditingSession._fix,
    "look": EditingSession._look,
    "show": EditingSession._show,
    "globe": EditingSession._globe,
    "save": EditingSession._save,
    "discard": EditingSession._discard,
    "refresh": EditingSession._refresh,
    "again": EditingSession._again,
}
