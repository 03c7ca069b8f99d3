"""Where a file comes from: inputs, step, parameters, edits, versions and time, as attributes."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gondwana import __version__
from gondwana.errors import InputError
from gondwana.formats.hdf5 import refuse_what_leads_outside
from gondwana.formats.netcdf import NETCDF_LOCK, is_hdf5

if TYPE_CHECKING:
    import xarray as xr

_LIBRARIES = ("numpy", "scipy", "numba", "xarray", "netCDF4")


@dataclass(frozen=True)
class Origin:
    """What a file goes back to.

    Attributes
    ----------
    sources : mapping of str to str
        sha256 of each file that a person gave, by its name.
    steps : tuple of mapping
        Steps that led here, each after what it needs: name and version, parameters, edits.
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Mapping[str, Any], ...] = ()

    def merged(self, other: Origin) -> Origin:
        """Unite two origins; what both have is told once."""
        new = tuple(step for step in other.steps if step not in self.steps)
        return Origin({**self.sources, **other.sources}, self.steps + new)

    @classmethod
    def of(cls, path: Path, sha256: str) -> Origin:
        """Read where a file comes from; a file from elsewhere is a source itself."""
        import netCDF4  # noqa: PLC0415

        with suppress(OSError, RuntimeError, ValueError, AttributeError, InputError), NETCDF_LOCK:
            if is_hdf5(path):
                refuse_what_leads_outside(path)
            with netCDF4.Dataset(path) as file:
                told = json.loads(file.gondwana_origin)
            return cls(dict(told["sources"]), tuple(told["steps"]))
        return cls({path.name: sha256})


@dataclass(frozen=True)
class Provenance:
    """What every file written here says of its origin.

    Attributes
    ----------
    step : str
        Name and version of the step: ``routing 1``.
    parameters : mapping
        All parameters, defaults included, as JSON values.
    inputs : mapping of str to str
        sha256 of each input by its name.
    edits : sequence of mapping
        Edits applied by this step: who, when, why, what.
    created : datetime
        When the build began (UTC).
    origin : Origin
        What the inputs themselves go back to.
    """

    step: str
    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    edits: tuple[Mapping[str, Any], ...]
    created: datetime
    origin: Origin = field(default_factory=Origin)

    def here(self) -> Origin:
        """Return the origin of the files that this step makes."""
        step = {"step": self.step, "parameters": self.parameters, "edits": list(self.edits)}
        return self.origin.merged(Origin({}, (step,)))

    def attributes(self) -> dict[str, str]:
        """Return the global attributes of a file, in the order they are written."""
        created = self.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "Conventions": "CF-1.8",
            "source": f"Gondwana {__version__}, step {self.step}",
            "history": f"{created} made by Gondwana {__version__}, step {self.step}",
            "date_created": created,
            "gondwana_version": __version__,
            "gondwana_step": self.step,
            "gondwana_parameters": canonical_json(self.parameters),
            "gondwana_inputs": canonical_json(self.inputs),
            "gondwana_edits": canonical_json(self.edits),
            "gondwana_origin": canonical_json(
                {"sources": self.here().sources, "steps": self.here().steps}
            ),
            "software_versions": canonical_json(software_versions()),
        }


def canonical_json(value: Any) -> str:
    """Write a value as JSON that is the same text for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def software_versions() -> dict[str, str]:
    """Versions of the interpreter and of the libraries that compute."""
    return {"gondwana": __version__, "python": platform.python_version(), **_library_versions()}


@cache
def _library_versions() -> dict[str, str]:
    """Look up what stays the same while the process lives, and takes milliseconds."""
    return {name: metadata.version(name) for name in _LIBRARIES}


def file_sha256(path: Path) -> str:
    """Checksum of a file's bytes, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def arrays_sha256(dataset: xr.Dataset) -> str:
    """Checksum of what a dataset holds: names, dimensions, types and bits, but no attributes.

    Two files with the same arrays have the same checksum, whenever and wherever they were made
    and in whichever NetCDF format they are stored.
    """
    digest = hashlib.sha256()
    for name in sorted(str(name) for name in dataset.variables):
        variable = dataset[name].variable
        values = np.ascontiguousarray(variable.values)
        little = values.astype(values.dtype.newbyteorder("<"), copy=False)
        header = [name, list(map(str, variable.dims)), little.dtype.str, list(values.shape)]
        digest.update(canonical_json(header).encode())
        digest.update(little.tobytes())
    return digest.hexdigest()
