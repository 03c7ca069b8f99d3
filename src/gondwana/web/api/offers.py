"""Offers: a file is sent, looked at, read in another way if need be, and then used."""

from __future__ import annotations

from typing import Any

from flask import url_for
from pydantic import Field
from werkzeug.wrappers import Response

from gondwana.accounts.permissions import Actor
from gondwana.services import offers
from gondwana.services.offered import Offer
from gondwana.services.uploads import TOPOGRAPHY, Upload
from gondwana.web.api.answers import CHECKSUM, body_stream, checksum_of_request, made
from gondwana.web.api.routes import Raw, Wanted, route
from gondwana.web.visitors import platform

ONE = "/offers/<offer_id>"


class OfferWanted(Wanted):
    """What is told about a file that is offered."""

    kind: str = Field(TOPOGRAPHY, description="what it is to be")
    name: str = Field("file.nc", max_length=1000, description="what you call the file")
    sha256: str = Field(
        "", pattern="^([0-9a-f]{64})?$", description="what the checksum of the file has to be"
    )


class Reading(Wanted):
    """How a topography is to be read."""

    reading: dict[str, Any] = Field(
        description="parameters of the step `regrid`: `variable`, `lon`, `lat`, `units`, "
        "`missing`; what is left out is found by itself"
    )


@route(
    "POST", "/offers", "offers",
    answer=Offer, status=201,
    body=(Raw("application/octet-stream", "The file as it is"),),
    query=OfferWanted,
    headers=((CHECKSUM, "`sha-256=:…:`, which the file has to have (RFC 9530)"),),
    also=(413, 507),
)  # fmt: skip
def offer(who: Actor, query: OfferWanted) -> Response:
    """Send a file and see what is in it; it is kept for a while.

    A file that cannot be used is kept as well: `problem` tells why, and `choices` what could be
    read instead.
    """
    given = Upload(query.name, body_stream(), query.sha256 or checksum_of_request())
    found = offers.offer(platform(), who, query.kind, given)
    return made(Offer, found, url_for("api.show_offer", offer_id=found.id))


@route("GET", ONE, "offers", answer=Offer)
def show_offer(who: Actor, offer_id: str) -> Offer:
    """Tell what is in a file that you have offered."""
    return offers.get(platform(), who, offer_id)


@route("POST", f"{ONE}/look", "offers", answer=Offer, body=Reading)
def look_again(who: Actor, offer_id: str, body: Reading) -> Offer:
    """Read an offered file in another way."""
    return offers.look_again(platform(), who, offer_id, body.reading)


@route("DELETE", ONE, "offers")
def withdraw_offer(who: Actor, offer_id: str) -> None:
    """Forget an offer."""
    offers.withdraw(platform(), who, offer_id)
