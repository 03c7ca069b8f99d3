"""Taking up what a stop has left behind, where the broker was part of what stopped."""

from __future__ import annotations

import logging

from gondwana.dispatcher.desk import Desk
from gondwana.dispatcher.platform import Platform
from gondwana.messaging.messages import CancelRequested, CancelTask, StepRequested, Task, model_for
from gondwana.storage import outbox, projects, runs, workers
from gondwana.storage.marks import utc_now
from gondwana.storage.words import RunStatus
from gondwana.workflow.events import Checked, Event, TaskLost

_log = logging.getLogger(__name__)


def take_up(platform: Platform) -> int:
    """Take up all that was unfinished when everything stopped, and return how many runs it was.

    To be called before anything starts, and only where the broker was in memory: its messages
    are gone, and so are all workers.
    """
    with platform.database.transaction() as session:
        outbox.drop_unpublished(session, _is_for_workers)
        outbox.publish_again(session, _is_request)
        workers.forget(session, utc_now())
    with platform.database.reading() as session:
        lost = [run for run in runs.unfinished(session) if run.status is not RunStatus.WAITING]
        everything = projects.ids(session)
    by_project: dict[str, list[Event]] = {project_id: [] for project_id in everything}
    now = utc_now()
    for run in lost:
        event: Event = TaskLost(at=now, step=run.step, attempt=run.attempt)
        by_project.setdefault(run.project_id, []).append(event)
    for project_id, events in by_project.items():
        with platform.database.transaction() as session:
            desk = Desk(platform, session, [project_id])
            project = desk.project(project_id)
            for event in (*events, Checked(at=now)):
                project.handle(event)
            desk.store()
    if lost:
        _log.warning("%d unfinished runs are taken up again", len(lost))
    return len(lost)


def _is_for_workers(key: str) -> bool:
    return model_for(key) in (Task, CancelTask)


def _is_request(key: str) -> bool:
    return model_for(key) in (StepRequested, CancelRequested)
