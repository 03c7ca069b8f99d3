"""The kinds of files: what passes from step to step, and what the simulator is given."""

from __future__ import annotations

from gondwana.steps.contract import Kind
from gondwana.steps.external import declared, join_kinds

KINDS: dict[str, Kind] = join_kinds(
    (
        Kind("source", "source.nc", "topography as given", published=False),
        Kind("ocean_grid_file", "ocean_grid.nc", "ocean grid as given", published=False),
        Kind("soil_map", "soil_map.nc", "soil classes as given", published=False),
        Kind("biome_map", "biome_map.nc", "biomes as given", published=False),
        Kind("atmosphere_grid", "atmosphere_grid.nc", "atmosphere grid as given", published=False),
        Kind("regridded", "regridded.nc", "topography on the working grid", published=False),
        Kind("topography", "topography.nc", "topography, checked and mended"),
        Kind("routing", "routing.nc", "rivers for ORCHIDEE"),
        Kind("coordinates", "coordinates.nc", "ocean grid for NEMO"),
        Kind("raw_bathymetry", "raw_bathymetry.nc", "bathymetry before edits", published=False),
        Kind("bathy", "bathy.nc", "bathymetry for NEMO"),
        Kind("soils", "soils.nc", "soil colour and texture for ORCHIDEE"),
        Kind("topo_high_res", "topo_high_res.nc", "relief for LMDZ"),
        Kind("pft", "pft.nc", "vegetation for ORCHIDEE"),
        Kind("heatflow", "heatflow.nc", "geothermal heat flow for NEMO"),
        Kind("ahmcoef", "ahmcoef.nc", "lateral viscosity for NEMO"),
        Kind("subbasins", "subbasins.nc", "ocean basins for NEMO"),
        Kind("grids", "grids.nc", "grids for OASIS"),
        Kind("masks", "masks.nc", "masks for OASIS"),
        Kind("areas", "areas.nc", "areas of cells for OASIS"),
        Kind(
            "weights_to_atmosphere", "rmp_torc_to_tlmd_CONSERV.nc", "weights, ocean to atmosphere"
        ),
        Kind("weights_to_ocean", "rmp_tlmd_to_torc_CONSERV.nc", "weights, atmosphere to ocean"),
        Kind("weights_runoff", "rmp_tlmd_to_torc_RUNOFF.nc", "weights, runoff to the ocean"),
        Kind("weights_calving", "rmp_tlmd_to_torc_CALVING.nc", "weights, calving to the ocean"),
        Kind("ocean_fraction", "o2a.nc", "ocean fraction for LMDZ"),
        Kind("weights_certificate", "weights_certificate.json", "certificate of the weights"),
    ),
    declared(),
)

GIVEN = ("source", "ocean_grid_file", "soil_map", "biome_map", "atmosphere_grid")
"""Kinds that come from the person and not from a step."""
