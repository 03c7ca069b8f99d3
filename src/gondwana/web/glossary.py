"""The words of the field and of this program, explained."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


@dataclass(frozen=True)
class Entry:
    """A word and what it means."""

    word: LazyString
    meaning: LazyString


GLOSSARY = (
    Entry(_("Bathymetry"), _("The depth of the sea floor, on the cells of the ocean's grid. Positive downwards; 0 is land.")),
    Entry(_("Boundary conditions"), _("The files that a climate simulation does not compute but starts from: relief, rivers, vegetation, soils, depths, basins, coupling weights.")),
    Entry(_("Coupling weights"), _("How much of each cell of the atmosphere goes into each cell of the ocean, and the other way round. The coupler OASIS reads them.")),
    Entry(_("Awaits you"), _("A step whose result a person may want to edit. Run it as it is, or edit first.")),
    Entry(_("Checks"), _("What each step looked at when it was done, such as whether every river reaches an ocean, and how that turned out.")),
    Entry(_("Edit"), _("A change that a person makes to a map: where, what, and why. It is kept as such, so that it can be undone, repeated, or used on another age.")),
    Entry(_("Fold"), _("The northern edge of a tripolar ocean grid, where the last row meets itself.")),
    Entry(_("Fresh"), _("A step is up to date when its result was made from the files and parameters of now. If not, it is out of date and can be run again.")),
    Entry(_("Halo"), _("Columns and rows at the edge of an ocean grid that repeat others, so that every cell has neighbours.")),
    Entry(_("Heat flow"), _("The heat that comes through the sea floor, more where the floor is young.")),
    Entry(_("Internal ocean"), _("A body of water that land cuts off from the main ocean. A simulation cannot fill or drain it: fill it with land or open a passage.")),
    Entry(_("Kind"), _("What a file is: topography, routing, bathy and so on. A project has one current file of each kind.")),
    Entry(_("Longitude and latitude"), _("Where a cell lies, in degrees. Files may begin in the south or the north, at 180°W or at 0°: all are understood.")),
    Entry(_("Ocean grid"), _("Where the cells of the ocean model lie. The grids of NEMO have two northern poles, both on land, so that no cell of the sea is too small.")),
    Entry(_("Passage"), _("A strait between two seas. One that is a single cell wide may be closed for the model's currents, or join by a corner alone.")),
    Entry(_("PFT"), _("Plant functional type: one of 13 sorts of vegetation that the land model ORCHIDEE knows, from bare soil to tropical grass. Each land cell has a share of each.")),
    Entry(_("Project"), _("One topography, all files made from it, the parameters and edits of every step, and everything that ever happened to them.")),
    Entry(_("Provenance"), _("What stands in each file about how it was made: the step and its version, parameters, edits, and checksums of its inputs.")),
    Entry(_("Recipe"), _("A project as a text file: what was given, every parameter, every edit. `gondwana build --recipe recipe.yaml` makes the same files from it, without this platform.")),
    Entry(_("Revision"), _("A file of a kind as it was at some time. Revisions are numbered and never change; any of them can be made the current one again.")),
    Entry(_("Routing"), _("The way of the water: for each land cell the neighbour into which it flows, down to the mouth of its river.")),
    Entry(_("Run"), _("One attempt at a step: when, by whom, with which parameters, how long, and how it ended.")),
    Entry(_("Step"), _("One thing that is made from others, such as the rivers from the topography. It runs when all that it needs is there.")),
    Entry(_("Sub-basins"), _("Atlantic, Pacific, Indian and so on: masks with which the ocean model sums up its transports. In the past they have to be drawn anew.")),
    Entry(_("Topography"), _("Heights of land (positive) and depths of the sea (negative) in metres, over the whole globe. Every project begins with one.")),
    Entry(_("Tripolar grid"), _("An ocean grid with a southern pole and two northern ones.")),
    Entry(_("Worker"), _("The program that runs steps. There can be many of them, on many machines, in any language.")),
)  # fmt: skip
"""In any order; the page sorts them."""
