"""The files in docs/messages say what the code does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from gondwana.messaging.messages import MESSAGES, model_for
from gondwana.messaging.schemas import address, asyncapi, documents, export

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "messages"


def test_the_files_are_up_to_date() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert found == documents(), "run python -m gondwana.messaging.schemas docs/messages"


def test_what_is_no_more_is_removed(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{}")
    export(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(documents())


@pytest.mark.parametrize("name", MESSAGES)
def test_a_schema_refuses_what_the_code_refuses(name: str) -> None:
    schema = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert schema["additionalProperties"] is False
    data = schema["$defs"][schema["properties"]["data"]["$ref"].rpartition("/")[2]]
    assert data["additionalProperties"] is False
    assert {"specversion", "id", "source", "type", "dataschema", "data"} <= set(schema["required"])


def test_the_page_names_every_message_and_every_reference_exists() -> None:
    page = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert page == asyncapi()
    assert page["channels"].keys() == page["components"]["messages"].keys() == MESSAGES.keys()
    assert {one["channel"]["$ref"] for one in page["operations"].values()} == {
        f"#/channels/{name}" for name in MESSAGES
    }
    for message in page["components"]["messages"].values():
        assert (FOLDER / message["payload"]["$ref"]).is_file()


@pytest.mark.parametrize("name", MESSAGES)
def test_an_address_leads_back_to_its_message(name: str) -> None:
    model = MESSAGES[name]
    assert model_for(address(model).format(step="routing", worker="python")) is model
