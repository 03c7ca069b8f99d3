"""The step ``ocean_grid``: a tripolar grid with its poles on land, or the person's own grid."""

from __future__ import annotations

from gondwana.steps.contract import Later, Step, StepParameters, parameter


class OceanGridParameters(StepParameters):
    """The tripolar grid to make; without meaning where a grid is given."""

    resolution: float = parameter(
        2.0,
        title="Resolution",
        about="Width of a cell at the equator; 2 is that of ORCA2.",
        unit="degrees",
        ge=0.25,
        le=10.0,
    )
    pole_latitude: float | None = parameter(
        None,
        title="Latitude of the northern poles",
        about="Where the grid's two northern poles lie; found on land if left out.",
        unit="degrees",
        ge=45.0,
        le=80.0,
    )
    pole_longitude: float | None = parameter(
        None,
        title="Longitude of a northern pole",
        about="Of one of them; the other lies 180° further. Found on land if left out.",
        unit="degrees",
        ge=-360.0,
        le=360.0,
    )
    southern_limit: float = parameter(
        -78.0,
        title="Southern limit",
        about="Where the grid begins in the south.",
        unit="degrees",
        ge=-85.0,
        le=-60.0,
    )
    equatorial_spacing: float | None = parameter(
        None,
        title="Spacing at the equator",
        about="Height of a cell at the equator; a quarter of the resolution if left out.",
        unit="degrees",
        gt=0.0,
        le=10.0,
    )


STEP = Step(
    name="ocean_grid",
    version=1,
    title="Ocean grid",
    about="Makes a tripolar grid whose two northern poles lie on land, or takes the grid that is "
    "given, as coordinates for NEMO.",
    inputs=("topography",),
    optional_inputs=("ocean_grid_file",),
    outputs=("coordinates",),
    parameters=OceanGridParameters,
    run=Later("gondwana.steps.running.ocean_grid"),
)
