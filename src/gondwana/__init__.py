"""Gondwana: from a paleotopography to the boundary conditions of a climate simulation."""

__version__ = "0.1.0"
