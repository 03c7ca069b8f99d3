"""Weights between ocean and atmosphere, and what they do to a field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gondwana.science.coupling.exchange import Exchange
from gondwana.science.coupling.grids import Index, Points, added_up
from gondwana.science.sphere import Array

Normalisation = Literal["fracarea", "destarea"]


@dataclass(frozen=True)
class Mapping:
    """A sparse matrix of weights between two grids.

    Attributes
    ----------
    source, target : Points
    source_cell, target_cell : ndarray of int64, (n,)
        Flat indices, ordered by target, then by source.
    weight : ndarray, (n,)
    normalisation : str
        As SCRIP names it: "fracarea", "destarea" or "none".
    method : str
        In a few words.
    """

    source: Points
    target: Points
    source_cell: Index
    target_cell: Index
    weight: Array
    normalisation: str
    method: str

    def apply(self, field: Array) -> Array:
        """Carry a field from the source grid to the target grid; 0 where nothing arrives.

        Parameters
        ----------
        field : ndarray, (ny, nx) of the source

        Returns
        -------
        ndarray, (ny, nx) of the target
        """
        values = self.weight * field.ravel()[self.source_cell]
        return added_up(self.target_cell, values, self.target.size).reshape(self.target.shape)

    def sums_by_target(self) -> Array:
        """Sum of the weights that arrive at each target cell, (ny, nx)."""
        sums = added_up(self.target_cell, self.weight, self.target.size)
        return sums.reshape(self.target.shape)

    def areas_by_source(self) -> Array:
        """Sum over targets of area x weight for each source cell, (ny, nx)."""
        parts = self.weight * self.target.area.ravel()[self.target_cell]
        sums = added_up(self.source_cell, parts, self.source.size)
        return sums.reshape(self.source.shape)


def ordered(
    source: Points,
    target: Points,
    source_cell: Index,
    target_cell: Index,
    weight: Array,
    normalisation: str,
    method: str,
) -> Mapping:
    """Make a mapping with its links ordered by target, then by source."""
    key = target_cell * source.size + source_cell
    if np.all(key[1:] > key[:-1]):
        return Mapping(source, target, source_cell, target_cell, weight, normalisation, method)
    order = np.argsort(key, kind="stable")
    return Mapping(
        source, target, source_cell[order], target_cell[order], weight[order], normalisation, method
    )


def to_atmosphere(shared: Exchange, normalisation: Normalisation = "fracarea") -> Mapping:
    """Weights that carry intensive quantities (temperatures, ice fractions) to the atmosphere.

    Parameters
    ----------
    shared : Exchange
    normalisation : {"fracarea", "destarea"}
        Divided by the ocean part of the atmosphere cell, so that rows sum to 1, or by all of it.

    Returns
    -------
    Mapping
        All points of a row at a pole have the same links.
    """
    atmosphere = shared.atmosphere
    fraction = shared.fraction.ravel()[shared.atmosphere_cell]
    weight = shared.share / fraction if normalisation == "fracarea" else shared.share
    ocean_cell, cell = shared.ocean_cell, shared.atmosphere_cell
    for owner in np.unique(atmosphere.owner[~atmosphere.owned()]).tolist():
        links = np.flatnonzero(shared.atmosphere_cell == owner)
        copies = np.setdiff1d(np.flatnonzero(atmosphere.owner == owner), owner)
        cell = np.concatenate([cell, np.repeat(copies, links.size)])
        ocean_cell = np.concatenate([ocean_cell, np.tile(ocean_cell[links], copies.size)])
        weight = np.concatenate([weight, np.tile(weight[links], copies.size)])
    method = "Conservative remapping using clipping on sphere"
    return ordered(shared.ocean, atmosphere, ocean_cell, cell, weight, normalisation, method)


def to_ocean(shared: Exchange) -> Mapping:
    """Weights that carry fluxes to the ocean so that their integrals are kept.

    Parameters
    ----------
    shared : Exchange

    Returns
    -------
    Mapping
        Σ over ocean cells of area x weight is the ocean part of the atmosphere cell's area. Links
        leave from the first point of a row at a pole.
    """
    ocean_area = shared.ocean.area.ravel()[shared.ocean_cell]
    weight = shared.shared_area / ocean_area
    return ordered(
        shared.atmosphere,
        shared.ocean,
        shared.atmosphere_cell,
        shared.ocean_cell,
        weight,
        "destarea",
        "Conservative remapping using clipping on sphere",
    )
