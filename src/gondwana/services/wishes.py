"""What somebody may ask of steps: names, parameters and edits, checked before they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gondwana.errors import ParameterError
from gondwana.steps.contract import Step
from gondwana.steps.edits import MOST_EDITS, Edit
from gondwana.steps.sentences import told
from gondwana.storage.names import LONGEST
from gondwana.workflow.freshness import canonical, canonical_parameters
from gondwana.workflow.graph import Graph

LONGEST_NOTE = 20 * LONGEST
"""Letters of a note."""

_EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(tuple[Edit, ...])


def step_named(graph: Graph, name: str) -> Step:
    """Return a step by its name.

    Raises
    ------
    ParameterError
        There is none; the remedy lists those there are.
    """
    if name not in graph.steps:
        raise ParameterError(
            f"there is no step '{name}'", remedy=f"choose from {', '.join(graph.order)}"
        )
    return graph.steps[name]


def steps_named(graph: Graph, names: Iterable[str]) -> list[Step]:
    """Return steps in the order of the graph, each once; all of them where none is named."""
    wanted = {step_named(graph, name).name for name in names}
    return [step for step in graph.steps.values() if not wanted or step.name in wanted]


def good_parameters(step: Step, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return all parameters of a step as JSON values, defaults included.

    Raises
    ------
    ParameterError
        What is wrong with which.
    """
    parameters = canonical_parameters(step, values)
    canonical(parameters)  # what has no form in JSON is refused here
    return parameters


def good_edits(step: Step, edits: Sequence[Edit | Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return edits as JSON values, without what is at its default.

    Raises
    ------
    ParameterError
        What is wrong with which, or the step takes none.
    """
    if edits and not step.interactive:
        raise ParameterError(
            "takes no edits", remedy="give them to a step that does", where=f"step {step.name}"
        )
    try:
        known = _EDITS.validate_python(list(edits))
    except ValidationError as error:
        raise ParameterError(
            told(error), remedy="see docs/recipe.md", where=f"edits of {step.name}"
        ) from None
    if len(known) > MOST_EDITS:
        raise ParameterError(
            f"a step takes at most {MOST_EDITS} edits", remedy="make fewer of them",
            where=f"edits of {step.name}",
        )  # fmt: skip
    if any(edit.file or edit.variable for edit in known):
        raise ParameterError(
            "an edit names a file or a variable, and this is the list of a step",
            remedy="edit the file itself", where=f"edits of {step.name}",
        )  # fmt: skip
    return [edit.model_dump(mode="json", exclude_defaults=True) for edit in known]


def good_note(note: str) -> str:
    """Return a note as it is kept.

    Raises
    ------
    ParameterError
        It is too long, or holds what cannot be kept.
    """
    told = note.strip()
    if (not told.isascii() and told != told.encode(errors="ignore").decode()) or "\0" in told:
        raise ParameterError(
            "the note holds characters that cannot be kept", remedy="write it in plain text"
        )
    if len(told) > LONGEST_NOTE:
        raise ParameterError(f"the note is longer than {LONGEST_NOTE} letters", remedy="shorten it")
    return told
