"""How a file may be read: words alone, so that naming them loads nothing else."""

from __future__ import annotations

from typing import Literal

Missing = Literal["refuse", "nearest"]
Units = Literal["declared", "m", "km"]
