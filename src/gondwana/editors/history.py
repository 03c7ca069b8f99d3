"""What a person has done to a field: a list of edits, and every way back.

The list may be changed anywhere (switch an edit off, move it, change it); what follows is applied
again. Each deed remembers the cells that it changed with their values before and after, so that
undoing restores every bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from gondwana.errors import GondwanaError, ParameterError
from gondwana.science.components import Index
from gondwana.steps.apply import Applied, apply_edit
from gondwana.steps.edits import Edit
from gondwana.steps.sentences import told
from gondwana.steps.surfaces import Surface

Float = npt.NDArray[np.float64]

MOST_EDITS = 2000
"""Edits in one list: more than anybody makes by hand."""

MOST_SECONDS = 30.0
"""That a list is applied for on a map; steps, which nobody waits for, take the time they need."""

_NO_TIME = "the edits before it take too long on a map; switch off or remove some of them"


@dataclass(frozen=True)
class Entry:
    """An edit in the list.

    Attributes
    ----------
    edit : Edit
    applied : Applied or None
        What it did; None if it is switched off or could not be applied.
    conflict : str
        Why it could not be applied; empty if it was.
    """

    edit: Edit
    applied: Applied | None = None
    conflict: str = ""


@dataclass(frozen=True)
class Delta:
    """Cells (flat, ascending) that a deed changed, with their values before and after."""

    cells: Index
    before: Float
    after: Float

    @property
    def back(self) -> Delta:
        """The same the other way round."""
        return Delta(self.cells, self.after, self.before)


@dataclass(frozen=True)
class Deed:
    """One step of the history: from one list to another."""

    title: str
    old: tuple[Entry, ...]
    new: tuple[Entry, ...]
    delta: Delta


class History:
    """A field, the list of its edits, and all deeds so far.

    Parameters
    ----------
    base : ndarray, (ny, nx)
        The field before any edit; NaN where it has no value. It is not changed.
    surface : Surface
    saved : iterable of Edit
        The list as it was saved.
    """

    def __init__(self, base: Float, surface: Surface, saved: Iterable[Edit] = ()) -> None:
        self.base = base
        self.surface = surface
        self.values = base.copy()
        self.entries: tuple[Entry, ...] = ()
        self.saved = list(saved)
        self._replaced(0, [Entry(edit) for edit in self.saved])
        self.done: list[Deed] = []
        self.undone: list[Deed] = []

    def add(self, edit: Edit) -> Delta:
        """Append an edit.

        Raises
        ------
        ParameterError
            It cannot be applied; nothing has changed.
        """
        self._room_for(1)
        applied = apply_edit(self.values, self.surface, edit, self._kept(self.entries))
        delta = Delta(applied.cells, applied.before, applied.after)
        new = (*self.entries, Entry(edit, applied=applied))
        self._remember(Deed(edit.operation, self.entries, new, delta))
        self.values.flat[delta.cells] = delta.after
        self.entries = new
        return delta

    def add_all(self, title: str, edits: Sequence[Edit]) -> Delta:
        """Append edits as one deed.

        Raises
        ------
        ParameterError
            They are too many; nothing has changed.
        """
        if len(edits) == 1:
            return self.add(edits[0])
        self._room_for(len(edits))
        return self._exchange(
            title, len(self.entries), len(self.entries), [Entry(edit) for edit in edits]
        )

    def switch(self, number: int, off: bool) -> Delta:
        """Switch an edit off, or on again; edits count from 1."""
        old = self._entry(number)
        new = replace(old, edit=old.edit.model_copy(update={"off": off}))
        return self._exchange("switch off" if off else "switch on", number - 1, number, [new])

    def remove(self, number: int) -> Delta:
        """Take an edit out of the list."""
        self._entry(number)
        return self._exchange("remove", number - 1, number, [])

    def change(self, number: int, values: Mapping[str, Any]) -> Delta:
        """Give an edit other values.

        Raises
        ------
        ParameterError
            They make no edit.
        """
        old = self._entry(number)
        plain = old.edit.model_dump(mode="json", exclude_defaults=True) | dict(values)
        edit = edit_of({name: value for name, value in plain.items() if value is not None})
        return self._exchange("change", number - 1, number, [replace(old, edit=edit)])

    def move(self, number: int, to: int) -> Delta:
        """Move an edit to another place in the list."""
        moved = self._entry(number)
        self._entry(to)
        entries = list(self.entries)
        del entries[number - 1]
        entries.insert(to - 1, moved)
        first, last = min(number, to) - 1, max(number, to)
        return self._exchange("move", first, last, entries[first:last])

    def undo(self) -> Delta | None:
        """Go one deed back; None if there is none."""
        if not self.done:
            return None
        deed = self.done.pop()
        self.undone.append(deed)
        return self._go(deed.old, deed.delta.back)

    def redo(self) -> Delta | None:
        """Do again what was undone last; None if there is nothing."""
        if not self.undone:
            return None
        deed = self.undone.pop()
        self.done.append(deed)
        return self._go(deed.new, deed.delta)

    def take(self, title: str, entries: Sequence[Entry]) -> Delta:
        """Put another list in the place of this one, as one deed."""
        same = 0
        for one, other in zip(self.entries, entries, strict=False):
            if one.edit != other.edit:
                break
            same += 1
        return self._exchange(title, same, len(self.entries), list(entries[same:]))

    @property
    def edits(self) -> list[Edit]:
        """All edits, those that are switched off included."""
        return [entry.edit for entry in self.entries]

    @property
    def is_unsaved(self) -> bool:
        """Whether the list is another than the saved one."""
        return self.edits != self.saved

    @property
    def unsaved(self) -> list[Edit]:
        """Edits that the saved list does not hold."""
        return [edit for edit in self.edits if edit not in self.saved]

    @property
    def conflicts(self) -> list[int]:
        """Numbers of the edits that could not be applied."""
        return [number for number, entry in enumerate(self.entries, start=1) if entry.conflict]

    def _room_for(self, more: int) -> None:
        if len(self.entries) + more > MOST_EDITS:
            raise ParameterError(
                f"a list holds at most {MOST_EDITS} edits",
                remedy="save, and go on from the file that the step makes",
            )

    def _entry(self, number: int) -> Entry:
        if not 1 <= number <= len(self.entries):
            raise ParameterError(
                f"there is no edit {number}", remedy=f"there are {len(self.entries)} of them"
            )
        return self.entries[number - 1]

    def _exchange(self, title: str, first: int, last: int, new: list[Entry]) -> Delta:
        """Exchange a part of the list and apply again what follows; one deed."""
        old = self.entries
        delta = self._replaced(first, [*new, *old[last:]])
        self._remember(Deed(title, old, self.entries, delta))
        return delta

    def _replaced(self, first: int, entries: Sequence[Entry]) -> Delta:
        """Wind back to an edit, and go on from there with others."""
        gone = [entry.applied for entry in self.entries[first:] if entry.applied is not None]
        touched = [applied.cells for applied in gone]
        now = self.values.copy()
        for applied in reversed(gone):
            self.values.flat[applied.cells] = applied.before
        listed = list(self.entries[:first])
        began = monotonic()
        for entry in entries:
            if not entry.edit.off and monotonic() - began > MOST_SECONDS:
                listed.append(replace(entry, applied=None, conflict=_NO_TIME))
                continue
            listed.append(self._applied(entry, listed))
            new = listed[-1].applied
            if new is not None:
                self.values.flat[new.cells] = new.after
                touched.append(new.cells)
        self.entries = tuple(listed)
        cells = np.unique(np.concatenate(touched)) if touched else np.empty(0, dtype=np.int64)
        delta = Delta(cells, now.flat[cells], self.values.flat[cells])
        differs = delta.before.view(np.int64) != delta.after.view(np.int64)
        return Delta(cells[differs], delta.before[differs], delta.after[differs])

    def _applied(self, entry: Entry, before: Sequence[Entry]) -> Entry:
        if entry.edit.off:
            return replace(entry, applied=None, conflict="")
        try:
            applied = apply_edit(self.values, self.surface, entry.edit, self._kept(before))
        except GondwanaError as error:
            return replace(entry, applied=None, conflict=f"{error.problem}; {error.remedy}")
        return replace(entry, applied=applied, conflict="")

    def _remember(self, deed: Deed) -> None:
        self.done.append(deed)
        self.undone.clear()

    def _go(self, entries: tuple[Entry, ...], delta: Delta) -> Delta:
        self.entries = entries
        self.values.flat[delta.cells] = delta.after
        return delta

    @staticmethod
    def _kept(entries: Iterable[Entry]) -> frozenset[tuple[float, float]]:
        return frozenset(
            entry.applied.kept
            for entry in entries
            if entry.applied is not None and entry.applied.kept is not None
        )


_EDIT = TypeAdapter(Edit)


def edit_of(values: Mapping[str, Any]) -> Edit:
    """Make an edit of JSON values.

    Raises
    ------
    ParameterError
        They make none.
    """
    try:
        return _EDIT.validate_python(dict(values))
    except ValidationError as error:
        raise ParameterError(told(error), remedy="see the help of the editors") from None
