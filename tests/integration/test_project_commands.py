"""The commands about projects, as a person types them; the dispatcher works beside them."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import pytest
import yaml

from gondwana.cli import asking, reaching, watching
from gondwana.cli.main import main
from gondwana.formats.netcdf import open_netcdf
from gondwana.messaging.messages import Failed
from gondwana.services import asking as questions
from gondwana.services.status import ProjectStatus
from gondwana.storage.database import Database
from gondwana.storage.errors import DatabaseUnavailableError
from gondwana.storage.migrations import upgrade
from services_world import Place, asked_here, globe, netcdf, new_place


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str


class Desk:
    """A person with a terminal, and the dispatcher of the folder."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place = place
        self.folder = folder
        self.topography = folder / "eocene.nc"
        self.topography.write_bytes(netcdf(globe()))

    def type(self, *words: object, typed: str = "") -> Done:
        """Run a command in this process, which saves it the imports."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), standard_input(typed):
            try:
                main([str(word) for word in words])
            except SystemExit as status:
                return Done(int(status.code or 0), out.getvalue(), err.getvalue())
        raise AssertionError("the command line always exits with a status")

    def good(self, *words: object, typed: str = "") -> str:
        done = self.type(*words, typed=typed)
        assert (done.status, done.err) == (0, ""), done
        return done.out

    def bad(self, *words: object) -> str:
        """Return the one sentence with which a command ends that does nothing."""
        done = self.type(*words)
        assert (done.status, done.out) == (2, ""), done
        assert done.err.count("\n") == 1, done.err
        assert done.err.startswith("Error: ")
        return done.err.removeprefix("Error: ").strip()

    @contextmanager
    def served(self, **work: str) -> Iterator[None]:
        """Let dispatcher and workers work in the background."""
        over = Event()

        def serve() -> None:
            while not over.wait(0.02):
                self.place.work(**work)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(30)


@contextmanager
def standard_input(typed: str) -> Iterator[None]:
    before, sys.stdin = sys.stdin, io.StringIO(typed)
    try:
        yield
    finally:
        sys.stdin = before


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    folder = tmp_path / "data"
    folder.mkdir()
    url = f"sqlite:///{folder / 'gondwana.sqlite'}"
    upgrade(url)
    for name in ("GONDWANA_MODE", "GONDWANA_CONFIG", "GONDWANA_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GONDWANA_DATA_FOLDER", str(folder))
    monkeypatch.setattr(reaching, "user_of_this_machine", lambda: "root")
    monkeypatch.setattr(asking, "_PATIENCE", 0.0)
    monkeypatch.chdir(tmp_path)
    database = Database(url)
    yield Desk(new_place(database, folder, monkeypatch), folder)
    database.close()


@pytest.fixture
def eocene(desk: Desk) -> Desk:
    """Return a desk with a project in which a person is awaited."""
    desk.good("project", "create", "Eocene", desk.topography)
    desk.place.work()
    return desk


def test_a_project_from_the_first_word_to_the_last_file(desk: Desk) -> None:
    made = desk.good("project", "create", "60 Ma", desk.topography, "--info", "warm")
    assert made == (
        "Made '60 Ma' from eocene.nc: variable 'topo', 18 x 36 cells, 26% land, -4000 to 1000 m.\n"
    )
    assert desk.good("run", "60 Ma", "internal_oceans") == (
        "Asked for internal_oceans.\n"
        "It waits, since nothing takes it up now: start `gondwana serve` (or a dispatcher).\n"
    )
    desk.place.work()
    status = desk.good("status", "60 Ma")
    assert status.splitlines()[0] == "60 Ma  eocene.nc · of root"
    assert "internal_oceans" in status
    assert "awaiting you" in status
    assert "\x1b" not in status
    with desk.served():
        asked = desk.type("run", "60 Ma", "--wait")
    assert asked.status == 0, asked
    assert " ahmcoef  fresh" in asked.out
    listed = desk.good("project", "list").splitlines()
    assert listed[0].split() == ["name", "owner", "state", "changed", "file"]
    assert listed[1].startswith("60 Ma  root   no worker  ")
    shown = desk.good("project", "show", "60 Ma")
    assert "you may      do everything" in shown
    assert "about        warm" in shown
    desk.good("project", "get", "60 Ma", "source", "--out", "mine.nc")
    assert Path("mine.nc").read_bytes() == netcdf(globe())


def test_what_is_taken_up_is_told_with_how_to_watch_it(
    eocene: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_PATIENCE", 20.0)
    with eocene.served():
        told = eocene.good("run", "Eocene", "soils", "--set", "soils.colour=4")
    assert told == "Asked for soils. Watch it with: gondwana status Eocene --watch\n"


def test_waiting_for_what_fails_or_needs_a_person(eocene: Desk) -> None:
    place = eocene.place
    with eocene.served():
        stuck = eocene.type("run", "Eocene", "routing", "--wait")
    assert stuck.status == 1  # internal_oceans awaits a person
    eocene.good("run", "Eocene", "internal_oceans")
    place.pump()
    (task,) = place.tasks()
    place.start(task)
    failed = Failed(
        step="internal_oceans", code="bad_input", reason="the sea is flat", remedy="mend the map",
        log="Traceback: …", retryable=False,
    )  # fmt: skip
    place.say(task, failed)
    place.pump()
    assert "failed        the sea is flat; mend the map" in eocene.good("status", "Eocene")
    log = eocene.good("log", "Eocene", "internal_oceans")
    assert log.splitlines()[0].startswith("internal_oceans, attempt 1: failed after 0.")
    assert log.splitlines()[1:] == [
        "the sea is flat", "→ mend the map", "", "Log for a developer", "Traceback: …",
    ]  # fmt: skip
    assert "the sea is flat" in eocene.good("log", "Eocene")
    with eocene.served():
        again = eocene.type("retry", "Eocene", "--wait")
    assert again.status == 0
    assert json.loads(eocene.good("log", "Eocene", "routing", "--json"))["run"]["status"] == "done"


def test_cancelling(desk: Desk) -> None:
    desk.good("project", "create", "Eocene", desk.topography)
    desk.place.pump()
    assert desk.good("cancel", "Eocene").startswith("Asked to stop regrid.")
    desk.place.pump()
    assert "until it is tried again" in desk.good("status", "Eocene")
    assert desk.bad("cancel", "Eocene", "regrid") == "'regrid' is cancelled already."
    assert desk.good("retry", "Eocene", "regrid").startswith("Asked again for regrid.")


def test_files_up_and_down(eocene: Desk) -> None:
    changed = globe()
    changed["topo"][9, 18] = -100.0
    other = eocene.folder / "other.nc"
    other.write_bytes(netcdf(changed))
    assert "has one revision only" in eocene.bad("project", "compare", "Eocene", "source")
    put = eocene.good("project", "put", "Eocene", "source", other, "--note", "a lake")
    assert put == "'source' of 'Eocene' has revision 2 now.\n"
    rows = eocene.good("project", "files", "Eocene", "source").splitlines()
    assert rows[1].split()[:2] == ["source", "2"]
    assert rows[1].endswith("a lake")
    assert "1 (old)" in rows[2]
    compared = eocene.type("project", "compare", "Eocene", "source")
    assert compared.status == 1
    assert "topo      differs  1 of 648            600" in compared.out
    assert eocene.good("project", "restore", "Eocene", "source", 1) == (
        "Revision 1 of 'source' is back, as revision 3.\n"
    )
    same = eocene.good("project", "compare", "Eocene", "source", "--revision", 1)
    assert "byte for byte" in same
    assert "is there already" in eocene.bad(
        "project", "get", "Eocene", "source", "--out", eocene.topography
    )
    assert "is needed" in eocene.bad("project", "drop", "Eocene", "source")
    eocene.good("project", "get", "Eocene", "source", "--revision", 2)
    assert float(open_netcdf(Path("source.nc"))["topo"][9, 18]) == -100.0
    kinds = [one["kind"] for one in json.loads(eocene.good("project", "files", "Eocene", "--json"))]
    assert kinds == ["source", "regridded"]


def test_edits_as_a_file(eocene: Desk) -> None:
    done = eocene.type("project", "edits", "Eocene", "internal_oceans")
    assert (done.status, done.out) == (0, "")
    file = Path("edits.yaml")
    file.write_text("- {operation: keep, at: {point: [0, 0]}, reason: a lake}\n")
    told = eocene.good(
        "project", "edits", "Eocene", "internal_oceans", "--save", file, "--note", "one lake"
    )
    assert told == "Saved 1 edits of 'internal_oceans'; it runs with them.\n"
    (edit,) = yaml.safe_load(eocene.good("project", "edits", "Eocene", "internal_oceans"))
    assert (edit["author"], edit["reason"]) == ("root", "a lake")
    for text, problem in (("a: 1", "no list"), ("- {a: [", "not YAML"), ("- {a: 1}", "operation")):
        file.write_text(text)
        assert problem in eocene.bad(
            "project", "edits", "Eocene", "internal_oceans", "--save", file
        )


def test_recipes_out_and_in(eocene: Desk) -> None:
    told = eocene.good("project", "export", "Eocene", "--out", "recipe")
    assert told == f"Wrote {Path('recipe/recipe.yaml')} and eocene.nc.\n"
    assert eocene.good("project", "import", "Again", "recipe/recipe.yaml").startswith(
        "Made 'Again'"
    )
    recipe = Path("recipe/recipe.yaml")
    good = recipe.read_text()
    recipe.write_text(good + "nonsense: 1\n")
    assert "nonsense" in eocene.bad("project", "import", "x", recipe)
    recipe.write_text(good.replace("  soils:", "  nonsense:"))
    assert "there is no step 'nonsense'" in eocene.bad("project", "import", "x", recipe)
    recipe.write_text(good)
    Path("recipe/eocene.nc").write_bytes(netcdf(globe(20.0)))
    assert "sha256 differs" in eocene.bad("project", "import", "x", recipe)
    eocene.good("project", "import", "x", recipe, "--topography", "recipe/eocene.nc")
    assert "holds something" in eocene.bad("project", "export", "Eocene", "--out", "recipe")


def test_copies_shares_and_deletion(eocene: Desk) -> None:
    eocene.good("user", "add", "mary", "--without-password")
    assert "named 'Eocene'" in eocene.good("project", "send", "Eocene", "mary")
    assert (
        eocene.good("project", "duplicate", "Eocene") == "The copy of 'Eocene' is 'Eocene (2)'.\n"
    )
    assert "as 'Eocene@root'" in eocene.good("project", "share", "Eocene", "mary")
    eocene.good("user", "role", "Ada", "admin")
    eocene.good("user", "role", "Ada", "user")
    mary = ("--as", "mary")
    assert "you may      look" in eocene.good("project", "show", "Eocene@root", *mary)
    assert "not change it" in eocene.bad("run", "Eocene@root", *mary)
    assert "there is no project 'Eocene (2)@root'" in eocene.bad("status", "Eocene (2)@root", *mary)
    eocene.good("project", "share", "Eocene", "mary", "--edit")
    eocene.good("run", "Eocene@root", "internal_oceans", *mary)
    eocene.good("project", "unshare", "Eocene@root", "mary", *mary)
    assert "there is no project" in eocene.bad("run", "Eocene@root", *mary)
    eocene.good("project", "rename", "Eocene", "Old")
    eocene.good("project", "describe", "Old", "the first")
    deleted = eocene.good("project", "delete", "Old")
    assert "gondwana project undelete " in deleted
    assert "Old" in eocene.good("project", "list", "--deleted")
    assert "there is no project" in eocene.bad("status", "Old")
    eocene.good("project", "undelete", "Old", "--name", "New")
    names = {one["project"]["name"] for one in json.loads(eocene.good("project", "list", "--json"))}
    assert names == {"New", "Eocene (2)"}


def test_users(desk: Desk) -> None:
    assert desk.good("user", "add", "Mary", typed="a long password\n") == "Added 'Mary'.\n"
    listed = desk.good("user", "list")
    assert [line.split()[:4] for line in listed.splitlines()[1:]] == [
        ["Ada", "user", "yes", "no"],
        ["Mary", "user", "yes", "yes"],
        ["root", "administrator", "yes", "no"],
    ]
    done = desk.type("user", "add", "John", typed="short\n")
    assert (done.status, "shorter than 10" in done.err) == (2, True)
    assert desk.good("user", "password", "mary", typed="another password\n") == (
        "'Mary' has a new password.\n"
    )
    assert desk.good("user", "role", "mary", "admin") == "'Mary' is an administrator now.\n"
    desk.good("user", "deactivate", "mary")
    assert "not active" in desk.bad("project", "list", "--as", "mary")
    desk.good("user", "activate", "mary")
    assert "only an administrator" in desk.bad("user", "list", "--as", "Ada")
    help_text = desk.type("user", "add", "--help").out
    assert "--password" not in help_text.replace("--without-password", "")


def test_the_database(eocene: Desk) -> None:
    assert "newest form already" in eocene.good("db", "upgrade")
    checked = eocene.good("db", "check", "--whole")
    assert checked.endswith("All 2 files are there and as they were.\n")
    assert "Files that nothing names: 0 (0 B)." in eocene.good("db", "cleanup")
    eocene.good("project", "delete", "Eocene")
    eocene.place.work()
    survey = eocene.good("db", "cleanup", "--keep-deleted", 0)
    assert "\n  Eocene\n" in survey
    assert survey.endswith("repeat with --yes to do it.\n")
    assert eocene.good("db", "cleanup", "--keep-deleted", 0, "--yes") == (
        "Removed 1 project and 0 files (0 B).\n"  # they are too young
    )
    made = eocene.good("db", "upgrade", "--data-folder", eocene.folder / "new")
    assert made.startswith("Made the database (")
    assert "db upgrade" in eocene.bad("db", "check", "--data-folder", eocene.folder / "newer")


def test_missing_files_are_told(eocene: Desk) -> None:
    (source,) = json.loads(eocene.good("project", "files", "Eocene", "source", "--json"))
    eocene.place.store.remove(source["sha256"])
    done = eocene.type("db", "check")
    assert done.status == 1
    assert f"missing: {source['sha256']}" in done.out
    assert "not in the store" in eocene.bad("project", "get", "Eocene", "source")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("status Nothing", "there is no project 'Nothing'"),
        ("run Eocene nonsense", "there is no step 'nonsense'"),
        ("run Eocene --set bathymetry.minimum_depth=-3", "greater than or equal to"),
        ("run Eocene --set bathymetry.nonsense=3", "there is no parameter 'nonsense'"),
        ("run Eocene --set nonsense", "not of the form"),
        ("log Eocene routing", "'routing' was never run"),
        ("project create Eocene eocene.nc", "cannot be read"),
        ("project create Eocene data/eocene.nc", "there is a project 'Eocene' already"),
        ("project create New data/gondwana.sqlite", "is not a NetCDF file"),
        ("project create a/b data/eocene.nc", "slash"),
        ("project get Eocene nonsense", "there is no kind of file 'nonsense'"),
        ("project get Eocene routing", "no file of the kind 'routing'"),
        ("project restore Eocene source 9", "no revision 9"),
        ("project send Eocene nobody", "there is no user 'nobody'"),
        ("project list --as nobody", "there is no user 'nobody'"),
        ("user role root user", "the only administrator"),
        ("project import New data/eocene.nc", "is not YAML"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(eocene: Desk, words: str, told: str) -> None:
    assert told in eocene.bad(*words.split())


def test_following_until_it_is_over(eocene: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody looks: how it stands, then a line for each change, or JSON."""
    eocene.good("run", "Eocene", "soils", "internal_oceans")
    real, calls = watching.status, iter(range(1000))

    def status(*about: object) -> ProjectStatus:
        number = next(calls)
        if number == 1:
            raise DatabaseUnavailableError("the database does not answer")
        if number == 2:
            eocene.place.work()
        if number == 5:
            raise KeyboardInterrupt
        return real(*about)

    monkeypatch.setattr(watching, "status", status)
    monkeypatch.setattr(watching, "_LOOK", 0.01)
    watched = eocene.type("status", "Eocene", "--watch")
    assert watched.status == 0
    assert watched.err == "the database does not answer; trying again\n"
    lines = watched.out.splitlines()
    assert lines[0].startswith("Eocene  eocene.nc")
    assert [" ".join(line.split()[1:3]) for line in lines if "soils" in line][1:] == ["soils fresh"]
    calls = iter(range(3, 1000))
    found = eocene.type("status", "Eocene", "--watch", "--json")
    (line,) = found.out.splitlines()
    assert json.loads(line)["project"]["name"] == "Eocene"
    calls = iter(range(5, 1000))
    waited = eocene.type("run", "Eocene", "--wait")
    assert waited.status == 130
    assert "goes on" in waited.err


def test_a_whole_process_says_the_same(eocene: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert questions.ask is not asked_here
    command = [sys.executable, "-m", "gondwana", "status", "Eocene@root", "--json"]
    folder = ["--data-folder", str(eocene.folder)]
    done = subprocess.run([*command, *folder], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert json.loads(done.stdout)["steps"][0]["shown"] == "fresh"
