"""Internal oceans and narrow passages at 1080 x 2160 after an edit: the median against 15 ms.

Run ``python -m benchmarks.terrain``. The planet is synthetic, its internal oceans filled; the edit
raises a ring of land that cuts off one sea. The raw planet, with hundreds of seas, is told too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np
import xarray as xr

from gondwana.science.internal_oceans import resolve_internal_oceans
from gondwana.science.planet import random_planet
from gondwana.science.terrain import Terrain
from gondwana.science.terrain_checks import check_topography, internal_oceans, passages

TARGET_MS = 15.0
ROUNDS = 31


def milliseconds(task: Callable[[], object]) -> float:
    task()
    times = []
    for _ in range(ROUNDS):
        began = perf_counter()
        task()
        times.append(perf_counter() - began)
    return 1e3 * median(times)


def both_checks(before: Terrain, topography: xr.DataArray) -> None:
    """Check edited heights; the grid is known from before the edit."""
    terrain = before.changed(topography.values)
    internal_oceans(terrain)
    passages(terrain)


def edited(topography: xr.DataArray) -> xr.DataArray:
    """Wall off a disc of the deepest sea."""
    lat, lon = topography["lat"], topography["lon"]
    row, column = np.unravel_index(int(topography.values.argmin()), topography.shape)
    away = np.hypot(lat - lat[row], lon - lon[column])
    return topography.where((away < 4.0) | (away > 6.0), 10.0)


def main() -> None:
    planet = random_planet(shape=(1080, 2160), seed=60)
    resolved, _ = resolve_internal_oceans(planet, "fill")
    for name, topography in (("after an edit", edited(resolved)), ("raw planet", planet)):
        terrain = Terrain.of(topography)
        figures = internal_oceans(terrain), passages(terrain)
        print(f"{name}: {figures[0].summary}; {figures[1].summary}")
        told = f"  target {TARGET_MS:g} ms" if name == "after an edit" else ""
        both = milliseconds(partial(both_checks, terrain, topography))
        print(f"  internal oceans and passages  {both:6.1f} ms{told}")
        from_scratch = milliseconds(partial(check_topography, topography))
        print(f"  all checks, grid included     {from_scratch:6.1f} ms")


if __name__ == "__main__":
    main()
