"""What the step ``topo_high_res`` does: the relief of the land at a sixth of a degree, for LMDZ."""

from __future__ import annotations

import numpy as np

from gondwana.science.checks import Check
from gondwana.science.relief import relief
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.layouts import with_axis_attributes


def run(task: Task) -> Outcome:
    """Interpolate the height of the land; the ocean is 0."""
    topography = task.topography()
    heights = relief(topography).astype(np.float32)
    heights.attrs = {"units": "m", "long_name": "height of the land"}
    highest, top = float(heights.max()), float(topography.max())
    good = bool(heights.min() >= 0) and highest <= max(top, 0.0) * (1 + 1e-6)
    check = Check(
        "relief",
        "pass" if good else "fail",
        f"between 0 and {highest:.0f} m; the topography's highest cell has {top:.0f} m",
    )
    return Outcome(
        {"topo_high_res": with_axis_attributes(heights.to_dataset(name="RELIEF"))}, (check,)
    )
