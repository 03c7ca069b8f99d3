"""Exact overlaps of cells on the sphere.

Cells between meridians and parallels (`Mesh`) and polygons whose edges are great circles.
"""

from gondwana.science.polygons.clipping import polygon_overlaps
from gondwana.science.polygons.mesh import Mesh
from gondwana.science.polygons.overlaps import Overlaps, mesh_overlaps

__all__ = ["Mesh", "Overlaps", "mesh_overlaps", "polygon_overlaps"]
