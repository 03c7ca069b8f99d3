"""A field while it is edited: all that belongs to it, and what a change brings with it."""

from __future__ import annotations

import numpy as np

from gondwana.editors import telling
from gondwana.editors.histogram import Histogram
from gondwana.editors.history import Delta, History, edit_of
from gondwana.editors.overlays import Findings, look
from gondwana.editors.picture import Picture
from gondwana.editors.selection import Selection
from gondwana.editors.shapes import Canvas
from gondwana.editors.telling import Answer
from gondwana.science.components import Index, Mask
from gondwana.science.terrain import NORTH_LIMIT, SOUTH_LIMIT
from gondwana.services.editing import Opened
from gondwana.steps.edits import Place
from gondwana.steps.placing import cells_at

NO_CELLS: Index = np.empty(0, dtype=np.int64)


class Work:
    """The field, its edits, what is selected, what is wrong and what is shown.

    Parameters
    ----------
    opened : Opened
        The field, and the list of edits that is in force.
    """

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.number = opened.number
        x, y = (0.0, float(opened.values.shape[1])), (0.0, float(opened.values.shape[0]))
        if opened.axes == "lonlat":
            x = (float(opened.lon_edges[0]), float(opened.lon_edges[-1]))
            y = (float(opened.lat_edges[0]), float(opened.lat_edges[-1]))
        surface = opened.surface
        self.canvas = Canvas(opened.axes, surface, x, y)
        self.history = History(opened.values, surface, [edit_of(one) for one in opened.edits])
        self.picture = Picture(self.canvas, opened.values)
        self.selection = Selection(surface)
        self.histogram = Histogram(opened.values)
        self.findings: Findings | None = None
        self.kept: frozenset[tuple[float, float]] = frozenset()
        self.copied: tuple[Index, tuple[float, float]] | None = None
        self.has_news = False
        self._edits_told = telling.EditsTold(opened.unit)
        topology = surface.topology
        self._owned = topology.owned(self.canvas.shape) if topology.has_copies else None

    def begin(self, answer: Answer) -> None:
        """Tell everything, to a browser that knows nothing."""
        history, picture = self.history, self.picture
        answer.told["subject"] = telling.subject(self.opened, self.canvas, history.base)
        touched = [entry.applied.cells for entry in history.entries if entry.applied is not None]
        cells = np.unique(np.concatenate(touched)) if touched else NO_CELLS
        picture.values_changed(Answer(), history.values, cells)
        self.histogram = Histogram(history.base)
        self.histogram.change(history.base.flat[cells], history.values.flat[cells])
        self._check(answer)
        self.tell_selection(answer)
        picture.start(answer, history.values)
        self.tell_edits(answer)

    def changed(self, delta: Delta | None, answer: Answer) -> None:
        """Tell everything that a change of values brings with it."""
        if delta is None:
            return
        self.has_news = True
        self.picture.preview(NO_CELLS)
        values = self.history.values
        self.histogram.change(delta.before, delta.after)
        self.picture.values_changed(answer, values, delta.cells)
        if self._concerns(delta):
            self._check(answer, delta.cells)
        if self.selection.again(values) or self.selection.mask.any():
            self.tell_selection(answer)
        else:
            answer.told["histogram"] = self.histogram.told()
        self.picture.marks_changed(answer)
        answer.told["preview"] = None
        self.tell_edits(answer)

    def _concerns(self, delta: Delta) -> bool:
        """Whether a change can make another list of problems."""
        surface, found = self.opened.surface, self.findings
        kept = self._now_kept()
        if surface.up == 0:
            return False
        if found is None or kept != self.kept:
            return True
        before, after = surface.ocean(delta.before), surface.ocean(delta.after)
        return bool((before != after).any() or found.marks.flat[delta.cells].any())

    def _check(self, answer: Answer, cells: Index | None = None) -> None:
        """Check the field again; of its poles only if one of the cells lies there."""
        self.kept = self._now_kept()
        known = None if cells is None or self._are_polar(cells) else self.findings
        self.findings = look(
            self.history.values, self.opened.surface, self.opened.parameters, self.kept, known
        )
        self.picture.found(self.findings.marks)
        if self.opened.surface.up:
            answer.told |= telling.listed(self.findings, self.canvas)

    def _are_polar(self, cells: Index) -> bool:
        lat = self.opened.surface.lat.flat[cells]
        return bool(((lat < SOUTH_LIMIT) | (lat > NORTH_LIMIT)).any())

    def _now_kept(self) -> frozenset[tuple[float, float]]:
        applied = [entry.applied for entry in self.history.entries]
        return frozenset(one.kept for one in applied if one is not None and one.kept is not None)

    def tell_edits(self, answer: Answer) -> None:
        """Tell the list of edits, and the ways back and forth."""
        history = self.history
        answer.told["edits"] = self._edits_told(history)
        answer.told["history"] = {
            "undo": len(history.done), "redo": len(history.undone),
            "undo_title": history.done[-1].title if history.done else "",
            "redo_title": history.undone[-1].title if history.undone else "",
            "unsaved": history.is_unsaved, "number": self.number,
        }  # fmt: skip
        known = self.findings.counts if self.findings and self.opened.surface.up else {}
        counts = answer.told.setdefault("counts", known)
        counts["changed"] = self._count(self.picture.changed)
        counts["edits"] = len(history.entries)
        if self.opened.surface.codes:
            counts["basins"] = {
                name: self._count(history.values == code)
                for name, code in self.opened.surface.codes.items()
            }

    def meant(self, place: Place) -> Place:
        """Say of a region whether it is land or sea, so that it is never taken for the other."""
        surface = self.opened.surface
        if place.region is None or not (surface.up or surface.land is not None):
            return place
        cell = cells_at([place.region], surface)[0]
        is_ocean = bool(surface.ocean(self.history.values).flat[cell])
        return place.model_copy(update={"of": "ocean" if is_ocean else "land"})

    def tell_selection(self, answer: Answer) -> None:
        """Tell what is selected."""
        mask, values = self.selection.mask, self.history.values
        self.picture.select(mask)
        cells = np.flatnonzero(mask)
        if self._owned is not None:
            cells = cells[self._owned.flat[cells]]
        self.histogram.select(values, cells)
        answer.told["histogram"] = self.histogram.told()
        chosen = values.flat[cells]
        known = chosen[np.isfinite(chosen)]
        place = self.selection.place
        answer.told["selection"] = {
            "cells": int(cells.size), "known": int(known.size), "only": self.selection.only,
            "area_km2": float(self.opened.surface.area.flat[cells].sum() / 1e6),
            "lowest": float(known.min()) if known.size else None,
            "highest": float(known.max()) if known.size else None,
            "mean": float(known.mean()) if known.size else None,
            "text": "" if place is None else telling.where(place, self.selection.only),
        }  # fmt: skip

    def _count(self, mask: Mask) -> int:
        """Count cells, each place on the globe once."""
        return int(np.count_nonzero(mask if self._owned is None else mask & self._owned))
