"""Steps in other languages: where their folders are, and how they join those in Python."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from gondwana.steps.contract import Kind, Step
from gondwana.steps.declaration import FILENAME, Declaration, DeclarationError, read_declaration

VARIABLE = "GONDWANA_STEPS"
"""Names folders of steps, or folders that hold some, parted as in PATH."""


@cache
def declared() -> tuple[Declaration, ...]:
    """Return all steps in other languages, as they were when this process first asked.

    Raises
    ------
    DeclarationError
        One of them cannot be used, or a folder is not there.
    """
    return tuple(read_declaration(folder) for folder in _folders())


def join_kinds(ours: Iterable[Kind], others: Iterable[Declaration]) -> dict[str, Kind]:
    """Put the kinds of files that come with steps in other languages beside ours.

    Raises
    ------
    DeclarationError
        Two kinds, or two of their files, have one name.
    """
    kinds = {kind.name: kind for kind in ours}
    filenames = {kind.filename: kind.name for kind in kinds.values()}
    for declaration in others:
        for kind in declaration.kinds:
            if kind.name in kinds:
                raise _refused(f"there is a kind '{kind.name}' already", declaration)
            if kind.filename in filenames:
                other = filenames[kind.filename]
                raise _refused(f"{kind.filename} is the file of the kind '{other}'", declaration)
            kinds[kind.name] = kind
            filenames[kind.filename] = kind.name
    return kinds


def join_steps(
    ours: Iterable[Step], others: Iterable[Declaration], kinds: Mapping[str, Kind]
) -> dict[str, Step]:
    """Put the steps in other languages after ours.

    Parameters
    ----------
    ours : iterable of Step
    others : iterable of Declaration
    kinds : mapping of str to Kind
        All kinds there are.

    Returns
    -------
    dict of str to Step
        By name.

    Raises
    ------
    DeclarationError
        A name is taken, a kind is unknown or made by another step or by nobody, or steps need
        each other in a circle.
    """
    steps = {step.name: step for step in ours}
    makers = {kind: step.name for step in steps.values() for kind in step.outputs}
    used = {kind for step in steps.values() for kind in (*step.inputs, *step.optional_inputs)}
    others = tuple(others)
    for declaration in others:
        step = declaration.step
        if step.name in steps:
            raise _refused(f"there is a step '{step.name}' already", declaration)
        for kind in step.outputs:
            if kind not in kinds:
                raise _refused(
                    f"'{kind}' is no kind of file yet", declaration, 'declare it under "kinds"'
                )
            if kind in makers:
                raise _refused(f"the step '{makers[kind]}' makes '{kind}'", declaration)
            if kind in used:
                raise _refused(f"'{kind}' is given by a person", declaration)
            makers[kind] = step.name
        steps[step.name] = step
    for declaration in others:
        for kind in (*declaration.step.inputs, *declaration.step.optional_inputs):
            if kind not in kinds:
                raise _refused(
                    f"there is no kind of file '{kind}'",
                    declaration,
                    f"choose from {', '.join(kinds)}",
                )
    _refuse_circles(steps, makers, others)
    return steps


def _folders() -> Iterator[Path]:
    seen: set[Path] = set()
    for place in (*_ours(), *_named()):
        for folder in _with_declaration(place):
            if folder.resolve() not in seen:
                seen.add(folder.resolve())
                yield folder


def _ours() -> Iterator[Path]:
    """Yield the folder that comes with Gondwana: in the package, or beside the sources."""
    package = Path(__file__).resolve().parents[1]
    sources = package.parent
    for place in (package / "workers", sources.parent / "workers"):
        if place.is_dir() and (place.parent == package or sources.name == "src"):
            yield place


def _named() -> Iterator[Path]:
    for name in os.environ.get(VARIABLE, "").split(os.pathsep):
        if name:
            place = Path(name).absolute()
            if not any(_with_declaration(place)):
                raise DeclarationError(
                    f"holds no {FILENAME}", remedy=f"mend {VARIABLE}", where=str(place)
                )
            yield place


def _with_declaration(place: Path) -> Iterator[Path]:
    if (place / FILENAME).is_file():
        yield place
    else:
        yield from sorted(path.parent for path in place.glob(f"*/{FILENAME}"))


def _refuse_circles(
    steps: Mapping[str, Step], makers: Mapping[str, str], others: Iterable[Declaration]
) -> None:
    needs = {
        step.name: [makers[k] for k in (*step.inputs, *step.optional_inputs) if k in makers]
        for step in steps.values()
    }
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = error.args[1]
        declaration = next(one for one in others if one.step.name in circle)
        raise _refused(
            f"steps need each other in a circle: {' → '.join(circle)}", declaration
        ) from None


def _refused(
    problem: str, declaration: Declaration, remedy: str = "choose another name"
) -> DeclarationError:
    return DeclarationError(problem, remedy=remedy, where=str(declaration.where))
