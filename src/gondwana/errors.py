"""The one tree of errors a person can meet; each face translates it once.

Every error says what is wrong, where, and what to do about it. Science and formats raise them;
the command line turns ``exit_code`` into its exit status, a web face ``http_status`` into its own.
"""

from __future__ import annotations

from typing import ClassVar


class GondwanaError(Exception):
    """Something a person can act on.

    Parameters
    ----------
    problem : str
        What is wrong, without a full stop.
    remedy : str
        What to do about it, without a full stop.
    where : str, optional
        The file, variable, parameter or step concerned.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 2
    http_status: ClassVar[int] = 400
    retryable: ClassVar[bool] = False

    def __init__(self, problem: str, *, remedy: str = "", where: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.where = where

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{sentence}; {self.remedy}" if self.remedy else sentence

    def at(self, where: str) -> GondwanaError:
        """Return the same error, told with where it happened (kept if already known)."""
        if not self.where:
            self.where = where
        return self


class InputError(GondwanaError):
    """A file or array that cannot be used as it is."""

    code = "bad_input"


class ParameterError(GondwanaError):
    """A parameter, recipe or option with an unusable value."""

    code = "bad_parameter"
    http_status = 422


class TargetError(GondwanaError):
    """The place to write to cannot take the results."""

    code = "bad_target"
    http_status = 507
    retryable = True
