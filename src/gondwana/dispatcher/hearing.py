"""Messages from the broker, handled: a batch in one transaction, projects one after the other."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from sqlalchemy.orm import Session

from gondwana.dispatcher.desk import Desk
from gondwana.dispatcher.feeder import Pace, feed
from gondwana.dispatcher.inbound import Inbound, buried, understood
from gondwana.dispatcher.platform import Platform
from gondwana.messaging.envelope import UndecodableError
from gondwana.messaging.transport import Consumer, Delivery
from gondwana.storage import inbox, runs
from gondwana.storage.errors import NotFoundError
from gondwana.storage.marks import utc_now
from gondwana.storage.models import User
from gondwana.workflow.events import TaskProgress, TaskStarted

_log = logging.getLogger(__name__)


class Hearing:
    """Handles what comes from the broker, and acknowledges it when what follows is stored."""

    def __init__(self, platform: Platform, pace: Pace, lease: timedelta) -> None:
        self._platform = platform
        self._pace = pace
        self._lease = lease

    def take(self, consumer: Consumer, deliveries: Sequence[Delivery]) -> None:
        """Handle messages of the dispatcher's queue; those that cannot be read are rejected."""
        known: list[Inbound] = []
        for delivery in deliveries:
            try:
                known.append(understood(delivery, self._platform.store, utc_now()))
            except UndecodableError as error:
                _log.warning("%s", error)
                consumer.reject(delivery)
        self._handle(known)
        for delivery in deliveries:
            consumer.ack(delivery)

    def _handle(self, known: Sequence[Inbound]) -> None:
        """Handle messages in one transaction; if that fails by one of them, one by one."""
        by_project = [
            (project, list(messages))
            for project, messages in groupby(
                sorted(known, key=lambda one: one.project_id), key=lambda one: one.project_id
            )
        ]
        try:
            self._handle_together(by_project)
        except Exception as error:
            if len(known) == 1 or getattr(error, "retryable", False):
                raise
            _log.exception("a batch of %d messages failed; trying each by itself", len(known))
            for project, messages in by_project:
                for message in messages:
                    self._handle_alone(project, message)

    def _handle_alone(self, project: str, message: Inbound) -> None:
        try:
            self._handle_together([(project, [message])])
        except Exception as error:
            if getattr(error, "retryable", False):
                raise
            _log.exception("message %s of project %s is dropped", message.message_id, project)

    def _handle_together(self, by_project: Sequence[tuple[str, list[Inbound]]]) -> None:
        with self._platform.database.transaction() as session:
            by_project = [
                (project_id, [one for one in messages if not self._is_beat(session, one)])
                for project_id, messages in by_project
            ]
            everything = [one for _, messages in by_project for one in messages]
            desk = Desk(
                self._platform,
                session,
                [project_id for project_id, messages in by_project if messages],
                run_ids=[one.said.run_id for one in everything if one.said.run_id],
                lease=self._lease,
            )
            tags: set[str] = set()
            for project_id, messages in by_project:
                tags |= self._handle_project(desk, project_id, messages)
            desk.store()
            feed(self._platform, session, self._pace, tags)

    def _handle_project(self, desk: Desk, project_id: str, messages: Sequence[Inbound]) -> set[str]:
        """Handle what concerns one project; return the tags whose workers may have more to do."""
        steps = self._platform.graph.steps
        tags = set()
        for message in messages:
            try:
                project = desk.project(project_id)
            except NotFoundError:
                _log.info("project %s is gone; %s means nothing", project_id, message.event)
                continue
            if message.once and not inbox.is_new(desk.session, message.message_id):
                continue
            author = message.author_id
            known = author if author and desk.session.get(User, author) is not None else None
            for action in project.handle(message.event, message.said, known):
                if action.step in steps:
                    tags.add(steps[action.step].worker)
            if isinstance(message.event, TaskStarted):
                self._pace.note(steps[message.event.step].worker)
        return tags

    def _is_beat(self, session: Session, message: Inbound) -> bool:
        """Extend the lease of a worker that says nothing new; False if the machine has to look."""
        event = message.event
        if not message.beat or not isinstance(event, TaskProgress) or event.fraction > 0.0:
            return False
        until = event.at + self._lease
        run_id = message.said.run_id
        return runs.heartbeat(session, run_id, event.attempt, event.worker, until=until) is not None

    def bury(self, consumer: Consumer, delivery: Delivery) -> None:
        """Make a failure that a person sees of a dead letter."""
        failure = buried(delivery, utc_now())
        if failure is None:
            message = delivery.message
            _log.error("a dead letter of no run: %s %r", message.key, message.body[:1000])
        else:
            self._handle([failure])
        consumer.ack(delivery)
