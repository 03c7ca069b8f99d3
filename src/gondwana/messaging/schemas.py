"""The page from which a worker in any language can be written: JSON Schemas and AsyncAPI.

All of it is derived from the models of the messages and from the topology. Run
``python -m gondwana.messaging.schemas FOLDER`` after a change; a test compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from gondwana.messaging.envelope import (
    CONTENT_TYPE,
    SIZE_LIMIT,
    Envelope,
    Presence,
    schema_name,
)
from gondwana.messaging.messages import (
    CANCEL,
    EVENTS,
    EXCHANGE,
    MESSAGES,
    PRESENT,
    CancelRequested,
    CancelTask,
    Content,
    Data,
    StepRequested,
    Task,
    WorkerPresent,
)
from gondwana.messaging.topology import DEAD_LETTERS, DELIVERY_LIMIT, dispatcher_queue, worker_queue

_STEP = {"step": {"description": "name of the step, such as routing"}}
_TAG = {"worker": {"description": "tag of the workers, such as python"}}
_BY_WORKERS = (*EVENTS, WorkerPresent.name)
_BY_US = tuple(name for name in MESSAGES if name not in _BY_WORKERS)


class _Page(yaml.SafeDumper):
    """YAML as a person would write it: no anchors, and texts line by line."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    )


_Page.add_representer(str, _represent_text)


def documents() -> dict[str, str]:
    """Return every file of ``docs/messages`` by its name."""
    files = {f"{name}.json": _as_json(message_schema(model)) for name, model in MESSAGES.items()}
    page = yaml.dump(asyncapi(), Dumper=_Page, sort_keys=False, allow_unicode=True, width=100)
    return {**files, "asyncapi.yaml": page}


def export(folder: Path) -> None:
    """Write the files, and remove schemas of messages that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    files = documents()
    for path in folder.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def message_schema(model: type[Content]) -> dict[str, Any]:
    """Return the JSON Schema of one message, envelope and data."""
    about_run = issubclass(model, Data)
    envelope: type[BaseModel] = Envelope[model] if about_run else Presence  # type: ignore[valid-type]
    schema = envelope.model_json_schema(mode="validation")
    properties = schema["properties"]
    properties["dataschema"] = {**properties["dataschema"], "const": schema_name(model)}
    schema["title"] = model.name
    schema["description"] = " ".join((model.__doc__ or "").split())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_name(model),
        **schema,
    }


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI document, written from the side of the engine."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Gondwana", "version": "1", "description": _ABOUT},
        "defaultContentType": CONTENT_TYPE,
        "channels": {name: _channel(model) for name, model in MESSAGES.items()},
        "operations": {
            **{f"send_{name}": _operation(name, "send") for name in _BY_US},
            **{f"take_{name}": _operation(name, "receive") for name in _BY_WORKERS},
        },
        "components": {
            "messages": {
                name: {
                    "name": name,
                    "summary": " ".join((model.__doc__ or "").split()),
                    "contentType": CONTENT_TYPE,
                    "payload": {"$ref": f"./{name}.json"},
                }
                for name, model in MESSAGES.items()
            }
        },
    }


def address(model: type[Content]) -> str:
    """Return the routing key of a message, with the parts that differ in braces."""
    if issubclass(model, Task | CancelTask):
        end = f".{CANCEL}" if issubclass(model, CancelTask) else ""
        return f"{EXCHANGE}.{{step}}.{{worker}}{end}"
    if issubclass(model, Data):
        return ".".join(filter(None, (EXCHANGE, "{step}", model.last)))
    return PRESENT


def _channel(model: type[Content]) -> dict[str, Any]:
    tagged = issubclass(model, Task | CancelTask)
    parameters = {**_STEP, **(_TAG if tagged else {})} if issubclass(model, Data) else {}
    return {
        "address": address(model),
        "parameters": parameters,
        "messages": {model.name: {"$ref": f"#/components/messages/{model.name}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": EXCHANGE,
                    "type": "topic",
                    "durable": True,
                    "autoDelete": False,
                },
                "bindingVersion": "0.3.0",
            }
        },
    }


def _operation(name: str, action: str) -> dict[str, Any]:
    binding = {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        **({"bindings": {"amqp": binding}} if action == "send" else {}),
    }


def _as_json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


_ABOUT = f"""\
The messages between the engine and its workers, seen from the engine.

Every message is a CloudEvents 1.0 event in its JSON form ({CONTENT_TYPE}), of at most
{SIZE_LIMIT} bytes. Unknown fields are refused. `type` is the routing key, `subject` the project,
`runid` the run and `attempt` its attempt: a worker repeats the three of the task in
everything it tells about it, and what is told about an earlier attempt is ignored.

A worker with the tag `python` takes its tasks from the queue `{worker_queue("python").name}`,
which it declares first: durable, x-queue-type quorum, x-delivery-limit {DELIVERY_LIMIT},
x-dead-letter-exchange {DEAD_LETTERS.name}, x-dead-letter-strategy at-least-once,
x-overflow reject-publish; bound to the key of each of its steps. Prefetch 1. It acknowledges a
task when it has published `started`, before the job runs: no message is held through a job. A
task that it cannot read it rejects. Cancellations come to an exclusive queue of its own, bound
to the keys of `{CancelTask.name}`.

The engine takes everything else from `{dispatcher_queue(()).name}` (`{StepRequested.name}` and
`{CancelRequested.name}` are sent by the engine's own pages and command line). Publish with
confirms, mandatory and persistent, to the exchange `{EXCHANGE}`. Every message may come twice.

`{WorkerPresent.name}` is about no run, and need not arrive: publish it to the same
exchange at the start of a worker, every ten seconds and at its end, and forget it, whether the
broker takes it or returns it. Every dispatcher takes it from a queue of its own, which goes when
the dispatcher goes.
"""


if __name__ == "__main__":
    export(Path(sys.argv[1]))
