"""The page on the workflow names everything there is."""

from pathlib import Path

from gondwana.workflow import actions, events
from gondwana.workflow.model import Phase

PAGE = (Path(__file__).parents[2] / "docs" / "workflow.md").read_text(encoding="utf-8")


def leaves(kind: type) -> list[type]:
    below = [leaf for child in kind.__subclasses__() for leaf in leaves(child)]
    return below or [kind]


def test_every_event_action_and_phase_is_on_the_page():
    names = [kind.__name__ for kind in (*leaves(events.Event), *leaves(actions.Action))]
    missing = [name for name in (*names, *Phase.__members__) if f"`{name}`" not in PAGE]
    assert missing == []
