"""Live status of a project. The server answers this itself, beside the application."""

from __future__ import annotations

from gondwana.web.api.routes import Raw, described

described(
    "GET", "/projects/<project_id>/events", "projects", "watch_project",
    "Watch a project: server-sent events",
    about="At once, and after each change, an event `status` whose data is what "
    "`GET /projects/{project_id}` answers, with a growing `id`. A line that begins with a colon "
    "tells that the connection is alive. The event `end` is the last one: the project is gone, "
    "or you may not see it any more.",
    answer=Raw("text/event-stream", "Events, until you go"),
)  # fmt: skip
