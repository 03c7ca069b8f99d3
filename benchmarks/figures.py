"""How a benchmark tells its figures."""

from __future__ import annotations


def told(what: str, value: float, unit: str, target: str = "", met: bool = True) -> None:
    """Print a figure beside its target."""
    goal = f"  target {target}: {'met' if met else 'MISSED'}" if target else ""
    print(f"  {what:<66}{value:10.4g} {unit:<4}{goal}")
