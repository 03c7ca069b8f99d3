"""Random events, with messages that are lost, doubled and reordered, and workers that die.

A small world stands around the pure machine: tasks and messages that travel, workers that take
tasks up and may vanish, timers. Whatever has happened, once all answer, everything comes to rest
with every step fresh, or visibly waiting for somebody.
"""

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gondwana.workflow import actions as do
from gondwana.workflow import events as on
from gondwana.workflow.freshness import File
from gondwana.workflow.graph import Graph
from gondwana.workflow.invariants import broken_by_state, broken_by_transition
from gondwana.workflow.model import (
    Phase,
    ProjectState,
    current_fingerprint,
    fresh_steps,
    inputs_of,
    needs_asking,
    shown,
)
from gondwana.workflow.state import handle
from gondwana.workflow.stored import as_json, from_json
from workflow_steps import DIAMOND, NOON, made_up

TWO_DIAMONDS = Graph.of(
    [
        made_up("regrid", "source"),
        made_up("oceans", "regrid", interactive=True),
        made_up("routing", "oceans", retries=2),
        made_up("grid", "oceans", "coordinates", optional_inputs=("grid_file",)),
        made_up("depth", "oceans coordinates", "raw", worker="coupling"),
        made_up("straits", "raw coordinates", "bathy mask", interactive=True),
        made_up("heat", "bathy coordinates", asks=True),
        made_up("weights", "mask routing", worker="coupling", retries=0),
    ]
)
TAGS = ("python", "coupling")
SOME = st.integers(0, 10**6)
LEVELS = st.sampled_from([{"level": 0}, {"level": 1}, {"level": 2}])


@dataclass
class Job:
    """A task in the hands of a worker."""

    task: do.SendTask
    worker: str
    told_to_stop: bool = False


class World(RuleBasedStateMachine):
    """The machine and all that surrounds it; a worker starts only when its start was granted."""

    claims = True

    @initialize(graph=st.sampled_from([DIAMOND, TWO_DIAMONDS]))
    def begin(self, graph: Graph) -> None:
        self.graph = graph
        self.state = ProjectState.new(graph)
        self.now = NOON
        self.queue: list[do.SendTask] = []
        self.mail: list[on.Event] = []
        self.past: list[on.Event] = []
        self.timers: list[on.RetryDue] = []
        self.jobs: list[Job] = []
        self.tags = set(TAGS)
        self.workers = 0
        self.sent: set[tuple[str, int]] = set()
        self.closed: set[tuple[str, int]] = set()

    # --- telling the machine, and doing what it says -------------------------------------------

    def tell(self, kind: type[on.Event], /, **about: object) -> tuple[do.Action, ...]:
        return self.give(kind(at=self.tick(), **about))

    def tick(self):
        self.now += timedelta(seconds=1)
        return self.now

    def give(self, event: on.Event) -> tuple[do.Action, ...]:
        before = self.state
        transition = handle(self.graph, before, event)
        assert broken_by_transition(self.graph, before, event, transition) == []
        self.state = transition.state
        for action in transition.actions:
            self.carry_out(action)
        return transition.actions

    def carry_out(self, action: do.Action) -> None:
        if isinstance(action, do.CLOSING):
            run = (action.step, action.attempt)
            assert run in self.sent - self.closed, "a run is closed once"
            self.closed.add(run)
        match action:
            case do.SendTask():
                for kind, file in action.inputs.items():
                    assert self.state.files[kind] == file, "a task has the current files"
                assert (action.step, action.attempt) not in self.sent
                self.sent.add((action.step, action.attempt))
                self.queue.append(action)
            case do.CancelTask(step, attempt, worker):
                for job in self.jobs:
                    addressed = worker in ("", job.worker)
                    if (job.task.step, job.task.attempt) == (step, attempt) and addressed:
                        job.told_to_stop = True
            case do.RetryLater(step, attempt):
                self.timers.append(on.RetryDue(at=self.tick(), step=step, attempt=attempt))

    def pick(self, items: list, number: int, *, keep: bool = False):
        index = number % len(items)
        return items[index] if keep else items.pop(index)

    def post(self, kind: type[on.Event], job: Job, **about: object) -> None:
        task = job.task
        self.mail.append(
            kind(at=self.tick(), step=task.step, attempt=task.attempt, worker=job.worker, **about)
        )

    def step(self, number: int) -> str:
        return self.graph.order[number % len(self.graph.order)]

    # --- people --------------------------------------------------------------------------------

    @rule(number=SOME, content=st.sampled_from("abc"), gone=st.integers(0, 9))
    def upload(self, number, content, gone):
        kind = self.graph.given[number % len(self.graph.given)]
        self.tell(on.InputChanged, kind=kind, file=None if gone == 0 else File(f"{kind}-{content}"))

    @rule(number=SOME)
    def put_own_file(self, number):
        kinds = sorted(self.graph.makers)
        kind = kinds[number % len(kinds)]
        self.tell(on.InputChanged, kind=kind, file=File(f"{kind}-own"))

    @rule(number=SOME, parameters=st.none() | LEVELS)
    def request(self, number, parameters):
        self.tell(on.Requested, step=self.step(number), parameters=parameters)

    @rule(number=SOME, parameters=LEVELS)
    def change_parameters(self, number, parameters):
        self.tell(on.ParametersChanged, step=self.step(number), parameters=parameters)

    @rule(number=SOME, value=st.integers(0, 2))
    def save_edits(self, number, value):
        self.tell(on.EditsSaved, step=self.step(number), edits=({"value": value},))

    @rule(number=SOME, kind=st.sampled_from([on.CancelRequested, on.RetryRequested]))
    def press(self, number, kind):
        self.tell(kind, step=self.step(number))

    # --- workers -------------------------------------------------------------------------------

    @precondition(lambda self: self.queue)
    @rule(number=SOME, again=st.booleans())
    def take_up(self, number, again):
        self.start(self.pick(self.queue, number, keep=again))

    def start(self, task: do.SendTask) -> None:
        if task.tag not in self.tags:
            self.mail.append(
                on.TaskUnroutable(at=self.tick(), step=task.step, attempt=task.attempt)
            )
            return
        self.workers += 1
        job = Job(task, f"worker {self.workers}")
        started = on.TaskStarted(
            at=self.tick(), step=task.step, attempt=task.attempt, worker=job.worker
        )
        if not self.claims:
            self.jobs.append(job)
            self.mail.append(started)
        elif not any(isinstance(action, do.CancelTask) for action in self.give(started)):
            self.jobs.append(job)

    @precondition(lambda self: self.jobs)
    @rule(number=SOME, percent=st.integers(0, 100))
    def progress(self, number, percent):
        self.post(on.TaskProgress, self.pick(self.jobs, number, keep=True), fraction=percent / 100)

    @precondition(lambda self: self.jobs)
    @rule(number=SOME)
    def finish(self, number):
        job = self.pick(self.jobs, number)
        self.done(job)

    def done(self, job: Job) -> None:
        task = job.task
        outputs = self.computed(task.step, task.inputs, task.parameters, task.edits)
        self.post(on.TaskDone, job, outputs=outputs)

    def computed(self, name, inputs, parameters, edits) -> dict[str, File]:
        """Compute coarsely, so that different inputs often give the same result."""
        value = sum("".join(file.content for file in inputs.values()).encode())
        value += parameters.get("level", 0) + sum(edit["value"] for edit in edits)
        return {kind: File(f"{kind}-{value % 3}") for kind in self.graph.steps[name].outputs}

    @precondition(lambda self: self.jobs)
    @rule(number=SOME, retryable=st.booleans())
    def fail(self, number, retryable):
        job = self.pick(self.jobs, number)
        self.post(on.TaskFailed, job, reason="it broke", retryable=retryable)

    @precondition(lambda self: any(job.told_to_stop for job in self.jobs))
    @rule(number=SOME)
    def stop(self, number):
        job = self.pick([job for job in self.jobs if job.told_to_stop], number)
        self.jobs.remove(job)
        self.post(on.TaskCancelled, job)

    @precondition(lambda self: self.jobs)
    @rule(number=SOME)
    def die(self, number):
        self.pick(self.jobs, number)

    @precondition(lambda self: self.jobs)
    @rule(number=SOME)
    def lease_runs_out(self, number):
        """Stop a worker that cannot renew its lease; without claims it may go on unknowingly."""
        job = self.pick(self.jobs, number, keep=not self.claims)
        about = {"step": job.task.step, "attempt": job.task.attempt}
        self.tell(on.WorkerVanished, **about)

    @precondition(lambda self: self.jobs)
    @rule(number=SOME)
    def time_limit(self, number):
        job = self.pick(self.jobs, number, keep=True)
        self.tell(on.TimeLimitPassed, step=job.task.step, attempt=job.task.attempt)

    @rule(tag=st.sampled_from(TAGS))
    def workers_come_or_go(self, tag):
        if tag in self.tags:
            self.tags.remove(tag)
        else:
            self.tags.add(tag)
            self.tell(on.WorkerAvailable, tag=tag)

    # --- the way between -----------------------------------------------------------------------

    @precondition(lambda self: self.mail)
    @rule(number=SOME)
    def deliver(self, number):
        event = self.pick(self.mail, number)
        self.past.append(event)
        self.give(event)

    @precondition(lambda self: self.past)
    @rule(number=SOME)
    def deliver_again(self, number):
        """Give a message of an attempt that is over: it changes nothing, however late it comes."""
        event = self.pick(self.past, number, keep=True)
        known = self.state.steps[event.step]
        ended = event.attempt != known.attempt or not known.is_open
        before = self.state
        self.give(event)
        assert self.state == before or not ended

    @precondition(lambda self: self.mail or self.queue)
    @rule(number=SOME)
    def lose(self, number):
        self.pick(self.mail or self.queue, number)

    @precondition(lambda self: self.timers)
    @rule(number=SOME, again=st.booleans())
    def timer(self, number, again):
        self.give(self.pick(self.timers, number, keep=again))

    @rule()
    def look(self):
        before = self.state
        self.tell(on.Checked)
        assert self.state == before

    # --- what must hold ------------------------------------------------------------------------

    @invariant()
    def the_state_is_sound(self):
        assert broken_by_state(self.graph, self.state) == []

    @invariant()
    def it_can_be_kept(self):
        assert from_json(json.loads(json.dumps(as_json(self.state)))) == self.state

    @invariant()
    def nothing_runs_twice_at_once(self):
        if self.claims:
            busy = [job.task.step for job in self.jobs]
            assert len(set(busy)) == len(busy)

    def teardown(self):
        if hasattr(self, "graph"):
            self.all_answer()
            self.is_at_rest()

    def all_answer(self) -> None:
        """Let everything that is under way end well, and find out what is nowhere."""
        for tag in TAGS:
            self.tags.add(tag)
            self.tell(on.WorkerAvailable, tag=tag)
        for _ in range(40 * len(self.graph.order)):
            if self.mail:
                self.give(self.mail.pop(0))
            elif self.jobs:
                job = self.jobs.pop(0)
                if job.told_to_stop:
                    self.post(on.TaskCancelled, job)
                else:
                    self.done(job)
            elif self.queue:
                self.start(self.queue.pop(0))
            elif self.timers:
                self.give(self.timers.pop(0))
            elif lost := [name for name, known in self.state.steps.items() if known.is_open]:
                attempt = self.state.steps[lost[0]].attempt
                self.tell(on.WorkerVanished, step=lost[0], attempt=attempt)
            elif any(known.phase is Phase.NO_WORKER for known in self.state.steps.values()):
                for tag in TAGS:
                    self.tell(on.WorkerAvailable, tag=tag)
            else:
                return
        raise AssertionError("it does not come to rest")

    def is_at_rest(self) -> None:
        assert self.closed == self.sent, "no run is forgotten"
        fresh = fresh_steps(self.graph, self.state)
        for name, told in shown(self.graph, self.state).items():
            assert told not in ("queued", "running", "no worker")
            step, known = self.graph.steps[name], self.state.steps[name]
            startable = (
                all(before in fresh for before in self.graph.depends_on(name))
                and current_fingerprint(self.graph, self.state, name) is not None
                and (known.wanted or not needs_asking(step, known))
            )
            if startable:
                assert told in ("fresh", "awaiting you", "failed", "cancelled")
            if told == "fresh":
                self.is_true(name)

    def is_true(self, name: str) -> None:
        """Assert that a fresh step's files are what its inputs give, or what a person put there."""
        step, known = self.graph.steps[name], self.state.steps[name]
        inputs = inputs_of(step, self.state)
        for kind, file in self.computed(name, inputs, known.parameters, known.edits).items():
            assert self.state.files[kind] in (file, File(f"{kind}-own"))


class WorldWithoutClaims(World):
    """Workers start at once, and may go on after their lease has run out."""

    claims = False


BUDGET = settings(
    max_examples=150,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class TestWithClaims(World.TestCase):
    settings = BUDGET


class TestWithoutClaims(WorldWithoutClaims.TestCase):
    settings = BUDGET


@pytest.mark.parametrize("graph", [DIAMOND, TWO_DIAMONDS])
def test_without_faults_each_step_runs_once(graph):
    world = World()
    world.begin(graph)
    for name, step in graph.steps.items():
        if step.interactive or name == "heat":
            world.tell(on.Requested, step=name, parameters={"level": 1})
    world.tell(on.InputChanged, kind=graph.given[0], file=File("a"))
    world.all_answer()
    assert set(shown(graph, world.state).values()) == {"fresh"}
    assert {known.attempt for known in world.state.steps.values()} == {1}
