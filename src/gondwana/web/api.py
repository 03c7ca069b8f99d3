"""The REST API: projects, their files and their steps. Who somebody is comes with each request."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from pathlib import PurePath
from typing import Any, cast

from flask import Blueprint, current_app, request
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from gondwana.accounts.errors import SignInError
from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import InputError, ParameterError
from gondwana.services import files, projects, runs, status, steps, users
from gondwana.services.uploads import Upload

api = Blueprint("api", __name__)


def platform() -> Platform:
    """Return the platform of this application."""
    return cast("Platform", current_app.extensions["gondwana"])


def actor() -> Actor:
    """Return who asks, by name and password.

    Raises
    ------
    SignInError
        Nobody, or somebody unknown.
    """
    given = request.authorization
    if given is None or given.type != "basic" or not given.username:
        raise SignInError("it is not known who asks", remedy="send a name and a password")
    return users.authenticate(platform(), given.username, given.password or "")


@api.get("/steps")
def list_steps() -> Any:
    """List all steps with the schema of their parameters."""
    actor()
    return [
        {
            "name": step.name,
            "version": step.version,
            "title": step.title,
            "about": step.about,
            "inputs": step.inputs,
            "optional_inputs": step.optional_inputs,
            "outputs": step.outputs,
            "interactive": step.interactive,
            "worker": step.worker,
            "parameters": step.parameters.model_json_schema(),
        }
        for step in platform().graph.steps.values()
    ]


@api.get("/projects")
def list_projects() -> Any:
    """List the projects that somebody may see."""
    return [_plain(asdict(one)) for one in projects.listed(platform(), actor())]


@api.post("/projects")
def create_project() -> Any:
    """Make a project from a form with a ``name`` and a file for each kind."""
    who = actor()
    with ExitStack() as stack:
        uploads = {}
        for kind, file in request.files.items():
            stack.callback(file.close)
            uploads[kind] = _upload(file)
        if "source" not in uploads:
            raise InputError("there is no topography", remedy="send it as the file 'source'")
        name, info = request.form.get("name", ""), request.form.get("info", "")
        made = projects.create(platform(), who, name, uploads, info=info)
        return _plain(asdict(made)), HTTPStatus.CREATED


@api.get("/projects/<project_id>")
def show_project(project_id: str) -> Any:
    """Tell how a project and each of its steps stand."""
    return _plain(asdict(status.status(platform(), actor(), project_id)))


@api.delete("/projects/<project_id>")
def delete_project(project_id: str) -> Any:
    """Delete a project, which can be undone."""
    return _plain(asdict(projects.delete(platform(), actor(), project_id)))


@api.post("/projects/<project_id>/run")
def run(project_id: str) -> Any:
    """Ask for steps, or for all: ``{"steps": […], "parameters": {step: {name: value}}}``."""
    who, wanted = actor(), _body({"steps": list, "parameters": dict})
    asked = steps.run(
        platform(),
        who,
        project_id,
        wanted.get("steps", ()),
        parameters=wanted.get("parameters"),
    )
    return _plain(asdict(asked)), HTTPStatus.ACCEPTED


@api.post("/projects/<project_id>/cancel")
def cancel(project_id: str) -> Any:
    """Stop steps, or all that are under way: ``{"steps": […]}``."""
    who, wanted = actor(), _body({"steps": list})
    asked = steps.cancel(platform(), who, project_id, wanted.get("steps", ()))
    return _plain(asdict(asked)), HTTPStatus.ACCEPTED


@api.post("/projects/<project_id>/retry")
def retry(project_id: str) -> Any:
    """Try steps again that failed, or all such: ``{"steps": […]}``."""
    who, wanted = actor(), _body({"steps": list})
    asked = steps.retry(platform(), who, project_id, wanted.get("steps", ()))
    return _plain(asdict(asked)), HTTPStatus.ACCEPTED


@api.get("/projects/<project_id>/runs")
def list_runs(project_id: str) -> Any:
    """List the runs of a project, the last one first."""
    return [_plain(asdict(one)) for one in runs.history(platform(), actor(), project_id)]


@api.get("/projects/<project_id>/files")
def list_files(project_id: str) -> Any:
    """List the current files of a project."""
    return [_plain(asdict(one)) for one in files.current(platform(), actor(), project_id)]


@api.get("/projects/<project_id>/files/<kind>")
def download(project_id: str, kind: str) -> Response:
    """Send a file, the current one or that of ``?revision=``; parts of it by range requests."""
    who = actor()
    number = request.args.get("revision", type=int)
    opening = files.opened(platform(), who, project_id, kind, number)
    found, stream = opening.__enter__()
    response = Response(
        wrap_file(request.environ, cast("Any", stream)), mimetype="application/x-netcdf"
    )
    response.call_on_close(lambda: opening.__exit__(None, None, None))
    response.content_length = found.size
    response.set_etag(found.sha256)
    response.headers["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
    response.make_conditional(request, accept_ranges=True, complete_length=found.size)
    return response


def _upload(file: FileStorage) -> Upload:
    return Upload(PurePath(file.filename or "file.nc").name, file.stream)


def _body(known: Mapping[str, type]) -> dict[str, Any]:
    """Return the JSON object that was sent; nothing is an empty one.

    Raises
    ------
    ParameterError
        It is something else, or holds an unknown name.
    """
    told = request.get_json(silent=True) if request.data else {}
    if not isinstance(told, dict):
        raise ParameterError("the request holds no JSON object", remedy="send one")
    for name, value in told.items():
        if name not in known:
            raise ParameterError(f"there is no '{name}'", remedy=f"choose from {', '.join(known)}")
        if not isinstance(value, known[name]):
            raise ParameterError(f"'{name}' is of the wrong form", remedy="see docs/running.md")
    if any(not isinstance(step, str) for step in told.get("steps", ())):
        raise ParameterError("'steps' holds something that is no name", remedy="send names")
    return told


def _plain(value: Any) -> Any:
    """Bring times to the form of ISO 8601, wherever they are."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
