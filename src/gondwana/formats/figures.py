"""Figures as JSON: a dataset of single values and lists, nested by the parts of their names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from gondwana.formats.provenance import Provenance

if TYPE_CHECKING:
    import xarray as xr


def figures_as_json(dataset: xr.Dataset, provenance: Provenance) -> bytes:
    """Write figures and where they come from as JSON that a person can read.

    Parameters
    ----------
    dataset : Dataset
        Variables without dimensions, or with one; ``a/b`` becomes ``{"a": {"b": …}}``.
    provenance : Provenance

    Returns
    -------
    bytes
        UTF-8. Numbers that are whole are written as such, numbers that are none as null.
    """
    content: dict[str, Any] = {}
    for name, variable in dataset.variables.items():
        *path, last = str(name).split("/")
        place = content
        for part in path:
            place = place.setdefault(part, {})
        place[last] = _plain(variable.values.tolist())
    content["origin"] = provenance.attributes()
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        if not np.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return value
