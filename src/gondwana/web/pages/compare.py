"""Comparing two revisions of a file, of one project or of two: swipe, difference, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypedDict

from flask import render_template, request
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from gondwana.accounts.permissions import Actor
from gondwana.errors import InputError, ParameterError
from gondwana.maps.contents import Header
from gondwana.maps.views import SMALLEST, View
from gondwana.services import comparing, differing, files, maps, projects
from gondwana.services.comparing import Comparison, Which
from gondwana.services.differing import Differing
from gondwana.services.files import RevisionInfo
from gondwana.services.uploads import is_netcdf
from gondwana.steps.kinds import KINDS
from gondwana.web.map_query import SLICE, view_of
from gondwana.web.numbers import whole_number
from gondwana.web.pages.maps import PROJECTIONS, maps_pages, sent_picture
from gondwana.web.visitors import actor, platform

__all__ = ["maps_pages"]

NUMBERS = {
    "lowest": lazy_gettext("Lowest value"),
    "mean": lazy_gettext("Mean, by area"),
    "highest": lazy_gettext("Highest value"),
    "missing": lazy_gettext("Cells without a value"),
    "land_area": lazy_gettext("Area of land"),
    "land_share": lazy_gettext("Share of land"),
    "ocean_area": lazy_gettext("Area of the ocean"),
    "ocean_volume": lazy_gettext("Volume of the ocean"),
    "mean_depth": lazy_gettext("Mean depth of the ocean"),
    "internal_oceans": lazy_gettext("Internal oceans"),
    "river_basins": lazy_gettext("River basins"),
}
"""What the numbers about a field are called."""

OUTCOMES = {
    "same": lazy_gettext("the same"),
    "differs": lazy_gettext("differs"),
    "another shape": lazy_gettext("another shape"),
    "only in the first": lazy_gettext("only in the first"),
    "only in the second": lazy_gettext("only in the second"),
}
"""What a comparison of variables can come to."""

_FIRST_CHOICE = "topography"
_WIDE = 1200


class Limits(TypedDict):
    """Ends of the colours; None for those of the field."""

    low: float | None
    high: float | None


def _most_telling(changed: Sequence[str], kinds: Sequence[str]) -> str:
    """Return the kind that changed last and has two revisions, or else the topography."""
    several = (kind for kind in changed if kind in kinds and changed.count(kind) > 1)
    return next(several, _FIRST_CHOICE if _FIRST_CHOICE in kinds else kinds[0])


@maps_pages.get("/projects/<project_id>/compare")
def compare(project_id: str) -> Any:
    """Compare two revisions: chosen by the address, otherwise the last two."""
    who = actor()
    project = projects.get(platform(), who, project_id)
    other_id = request.args.get("with") or project_id
    other = project if other_id == project_id else projects.get(platform(), who, other_id)
    ever = files.history(platform(), who, project_id)
    kinds = _kinds(ever)
    kind = request.args.get("kind") or _most_telling([one.kind for one in ever], list(kinds))
    ours = files.history(platform(), who, project_id, kind)
    theirs = ours if other is project else files.history(platform(), who, other_id, kind)
    first, second = _pair(ours, theirs, is_one_project=other is project)
    shown: dict[str, Any] = {}
    trouble: ParameterError | InputError | None = None
    if first is not None and second is not None and is_netcdf(kind):
        try:
            shown = _shown(who, first, second)
        except (ParameterError, InputError) as error:
            trouble = error
    return render_template(
        "maps/compare.html",
        project=project,
        tab="compare",
        other=other,
        others=[
            one.project for one in projects.listed(platform(), who) if one.project.id != project_id
        ],
        kinds=[(one, KINDS[one].title if one in KINDS else one) for one in kinds],
        kind=kind,
        ours=ours,
        theirs=theirs,
        first=first,
        second=second,
        trouble=trouble,
        words={"numbers": NUMBERS, "outcomes": OUTCOMES, "projections": PROJECTIONS},
        slices={name: value for name, value in request.args.items() if name.startswith(SLICE)},
        **{
            "apart": None,
            "variables": [],
            "all": None,
            "pictures": None,
            "view": None,
            "names": None,
            **shown,
        },
    ), (422 if isinstance(trouble, ParameterError) else 200)


@maps_pages.get("/projects/<project_id>/files/<kind>/difference.png")
def difference(project_id: str, kind: str) -> Response:
    """Send a map of the second revision less the first."""
    first, second = (request.args.get(name, type=whole_number) for name in ("first", "second"))
    one = Which(project_id, kind, first)
    other = Which(request.args.get("with") or project_id, kind, second)
    found = differing.differing(
        platform(),
        actor(),
        one,
        other,
        view_of(request.args, _WIDE),
        second_variable=request.args.get("second_variable", ""),
    )
    return sent_picture(found.png)


def _kinds(found: Iterable[RevisionInfo]) -> list[str]:
    """Return kinds that there are and that can be drawn, in the order of the steps."""
    there = {one.kind for one in found if is_netcdf(one.kind)}
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(there, key=lambda kind: order.get(kind, len(order)))


def _pair(
    ours: list[RevisionInfo], theirs: list[RevisionInfo], *, is_one_project: bool
) -> tuple[RevisionInfo | None, RevisionInfo | None]:
    """Return the two that are asked for; by default the last ones, or the last and the one before.

    Numbers that there are not may be left from the kind that was compared before.
    """
    second = _numbered(theirs, "second") or (theirs[0] if theirs else None)
    first = _numbered(ours, "first")
    if first is None:
        before = [one for one in ours if not (is_one_project and second and one is second)]
        first = before[0] if before else None
    return first, second


def _numbered(found: list[RevisionInfo], name: str) -> RevisionInfo | None:
    number = request.args.get(name, type=whole_number)
    return next((one for one in found if one.number == number), None)


def _shown(who: Actor, first: RevisionInfo, second: RevisionInfo) -> dict[str, Any]:
    """Return all that is shown of two files."""
    one, other = (Which(info.project_id, info.kind, info.number) for info in (first, second))
    headers = [maps.described(platform(), who, which).header for which in (one, other)]
    view = view_of(request.args, _WIDE)
    names = _names(headers, view.variable)
    view = replace(view, variable=names[0], **_common_limits(who, (one, other), view, names))
    views = (view, replace(view, variable=names[1]))
    pictures = [
        maps.drawn(platform(), who, which, each)
        for which, each in zip((one, other), views, strict=True)
    ]
    apart: Differing = differing.differing(
        platform(),
        who,
        one,
        other,
        replace(view, low=None, high=None),
        second_variable=names[1],
    )
    found: Comparison = comparing.compare(platform(), who, one, other)
    return {
        "apart": apart,
        "variables": [one for one in headers[0].variables if one.drawable and not one.coordinate],
        "all": found,
        "pictures": pictures,
        "view": view,
        "names": names,
    }


def _names(headers: list[Header], wanted: str) -> tuple[str, str]:
    """Return the variables that are compared: the same if both have it, else the best of each.

    What the address wants may belong to the file that was compared before.
    """
    first, second = ({one.name for one in header.variables} for header in headers)
    name = wanted if wanted in first else headers[0].best
    return name, name if name in second else headers[1].best


def _common_limits(
    who: Actor, both: tuple[Which, Which], view: View, names: tuple[str, str]
) -> Limits:
    """Return limits that suit both fields; classes need none."""
    legends = [
        maps.field(
            platform(), who, which, replace(view, variable=name, width=SMALLEST), lines=False
        ).about.legend
        for which, name in zip(both, names, strict=True)
    ]
    if any(legend["kind"] == "classes" for legend in legends):
        return Limits(low=None, high=None)
    low = min(float(legend["low"]) for legend in legends)
    high = max(float(legend["high"]) for legend in legends)
    return Limits(low=low, high=high)
