"""Offers: files that were sent and looked at, before anybody makes something of them.

What cannot be used is kept as well for a while, since it may be a matter of how it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import InputError, ParameterError
from gondwana.services import asking, quotas, uploads
from gondwana.services.door import Visit, visiting
from gondwana.services.door import reading as looking_in
from gondwana.services.offered import Offer, told_of
from gondwana.services.uploads import Stored, Upload
from gondwana.services.wishes import good_parameters, step_named
from gondwana.storage import offers

About = Literal["variable", "lon", "lat", "units", "missing"]
READING: tuple[About, ...] = get_args(About)
"""How a topography is read: parameters of the step ``regrid``."""


def offer(
    platform: Platform,
    actor: Actor,
    kind: str,
    upload: Upload,
    reading: Mapping[str, Any] | None = None,
) -> Offer:
    """Take a file in and look at it at once.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    kind : str
    upload : Upload
    reading : mapping, optional
        How a topography is to be read (`READING`).

    Returns
    -------
    Offer
        Also of what cannot be used; it tells why.

    Raises
    ------
    QuotaError
        The actor's files would take more room than they may.
    InputError
        It is not the file that was meant.
    ParameterError
        There is no such kind of file.
    FileTooLargeError, TargetError, StoreUnavailableError, BusyError, ForbiddenError
    """
    _refuse_unknown(platform, kind)
    wanted = _good_reading(platform, reading or {})
    file = uploads.stored(platform, kind, upload, quotas.usage(platform, actor))
    told = _considered(platform, kind, file, wanted)
    with visiting(platform, actor) as visit:
        session, me = visit.session, visit.actor.user_id
        quotas.usage_of(platform, session, me, without=file.sha256).require(file.size)
        made = offers.add(
            session, platform.store, me, kind, file.name, file.sha256, reading=wanted, found=told
        )
        return told_of(made, file.size)


def look_again(
    platform: Platform, actor: Actor, offer_id: str, reading: Mapping[str, Any]
) -> Offer:
    """Look at a file once more, and read it in another way.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    offer_id : str
    reading : mapping
        Instead of what was said before; what is left out is found by itself.

    Raises
    ------
    NotFoundError
        The actor has offered no such file, or it was forgotten.
    ParameterError
        The reading says what cannot be.
    BusyError, ForbiddenError
    """
    wanted = _good_reading(platform, reading)
    file = _stored(get(platform, actor, offer_id))
    told = _considered(platform, file.kind, file, wanted)
    with visiting(platform, actor) as visit:
        row = offers.get(visit.session, visit.actor.user_id, offer_id)
        row.reading, row.found = wanted, told
        visit.session.flush()
        return told_of(row, file.size)


def get(platform: Platform, actor: Actor, offer_id: str) -> Offer:
    """Return an offer.

    Raises
    ------
    NotFoundError
        The actor has offered no such file, or it was forgotten.
    """
    with looking_in(platform, actor) as visit:
        row = offers.get(visit.session, visit.actor.user_id, offer_id)
        return told_of(row, offers.size_of(visit.session, row))


def picture(platform: Platform, actor: Actor, offer_id: str) -> bytes | None:
    """Draw the topography of an offer as it is read now, as PNG; None if it cannot be used so.

    Raises
    ------
    NotFoundError
        The actor has offered no such file, or it was forgotten.
    BusyError
    """
    offer = get(platform, actor, offer_id)
    if offer.problem is not None or offer.kind != uploads.TOPOGRAPHY:
        return None
    with uploads.laid_out(platform, {offer.name: offer.sha256}) as folder:
        path = str(folder / offer.name)
        return asking.ask("preview", path=path, reading=dict(offer.reading))[1]


def withdraw(platform: Platform, actor: Actor, offer_id: str) -> None:
    """Forget an offer.

    Raises
    ------
    NotFoundError
        The actor has offered no such file, or it was forgotten.
    """
    with visiting(platform, actor) as visit:
        offers.take(visit.session, visit.actor.user_id, offer_id)


def taken(visit: Visit, offer_id: str) -> Offer:
    """Return an offer of a visitor, which goes away with their transaction.

    Raises
    ------
    NotFoundError
        They have offered no such file, or it was used or forgotten.
    """
    row = offers.take(visit.session, visit.actor.user_id, offer_id)
    return told_of(row, offers.size_of(visit.session, row))


def usable(found: Offer, kind: str) -> Stored:
    """Return the file of an offer that can be used as a kind.

    Raises
    ------
    InputError
        It cannot.
    ParameterError
        It was offered as another kind.
    """
    if found.kind != kind:
        raise ParameterError(
            f"the file was sent as '{found.kind}', not as '{kind}'", remedy="send it again"
        )
    if found.problem is not None:
        told = found.problem
        raise InputError(told.problem, remedy=told.remedy, where=told.where)
    return _stored(found)


def _stored(found: Offer) -> Stored:
    return Stored(found.kind, found.name, found.sha256, found.size, found.found)


def _considered(
    platform: Platform, kind: str, file: Stored, reading: Mapping[str, Any]
) -> dict[str, Any]:
    if not uploads.is_netcdf(kind):
        return {"found": dict(file.found)}
    with uploads.laid_out(platform, {file.name: file.sha256}) as folder:
        try:
            told, _ = asking.ask(
                "offer", kind=kind, path=str(folder / file.name), reading=dict(reading)
            )
        except InputError as error:  # whoever looked broke down
            told = {"problem": {**_of_error(error), "about": ""}}
        return _without_folder(told, f"{folder}/")


def _of_error(error: InputError) -> dict[str, str]:
    return {"problem": error.problem, "remedy": error.remedy, "where": error.where}


def _without_folder(told: dict[str, Any], folder: str) -> dict[str, Any]:
    """Return what is told of a file that has its giver's name."""
    problem = told.get("problem") or {}
    plain = {name: str(said).replace(folder, "") for name, said in problem.items()}
    return told | {"problem": plain}


def _good_reading(platform: Platform, reading: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said about how to read a file, without what is left to be found."""
    unknown = [name for name in reading if name not in READING]
    if unknown:
        raise ParameterError(
            f"'{unknown[0]}' does not say how a file is read",
            remedy=f"choose from {', '.join(READING)}",
        )
    said = {name: value for name, value in reading.items() if value not in (None, "")}
    all_of_them = good_parameters(step_named(platform.graph, "regrid"), said) if said else {}
    return {name: all_of_them[name] for name in said}


def _refuse_unknown(platform: Platform, kind: str) -> None:
    known = (*platform.graph.given, *platform.graph.makers)
    if kind not in known:
        raise ParameterError(
            f"there is no kind of file '{kind}'", remedy=f"choose from {', '.join(known)}"
        )
