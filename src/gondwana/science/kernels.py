"""How compiled kernels are made, in one place.

Kernels are compiled on first use and cached beside the source. Fast-math stays off: the same
input must give the same bits on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function over plain arrays and scalars; it releases the interpreter lock."""
    return cast(Function, njit(cache=True, nogil=True, error_model="numpy")(function))
