"""The form of the database: migrations lead to the models, and keep what is there."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, make_url, text

from gondwana.errors import TargetError
from gondwana.storage import migrations, projects, shares, users
from gondwana.storage.database import Database, open_engine
from gondwana.storage.errors import SchemaError
from gondwana.storage.migrations import check, upgrade
from gondwana.storage.models import TABLES
from gondwana.storage.words import Access
from storage_samples import at_once

# a later version, for which SQLite makes a table again that others name
LATER = '''
"""A column that must not be empty."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{last}"


def upgrade():
    again = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("projects", recreate=again) as table:
        table.add_column(sa.Column("age", sa.Float, nullable=False, server_default="60"))
    {more}
'''

POSTGRESQL_FORM = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, column_default,
               character_maximum_length, is_identity
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "indices": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


def form_of(engine: Engine) -> dict[str, set[tuple[str, ...]]]:
    """Return all that the database itself tells of its tables, but for Alembic's own."""
    queries = POSTGRESQL_FORM
    if engine.dialect.name == "sqlite":
        parts = "type, name, tbl_name, sql"
        queries = {"all": f"SELECT {parts} FROM sqlite_master WHERE sql IS NOT NULL"}  # noqa: S608
    with engine.connect() as connection:
        found = {name: connection.execute(text(query)).all() for name, query in queries.items()}
    return {
        name: {tuple(map(_in_any_order, row)) for row in rows if "alembic_version" not in row}
        for name, rows in found.items()
    }


def _in_any_order(value: object) -> str:
    """Sort what stands between commas: constraints of a table have no order that matters."""
    return ",".join(sorted(" ".join(part.split()) for part in str(value).strip(" )").split(",")))


def upgraded_later(folder: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> None:
    """Let there be a later version, in a copy of the migrations."""
    shutil.copytree(migrations.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    last = migrations.numbers()[-1]
    (folder / "versions" / "v9999_later.py").write_text(LATER.format(last=last, more=more))
    monkeypatch.setattr(migrations, "FOLDER", folder)


def backups_of(url: str) -> list[Path]:
    file = make_url(url).database
    return sorted(Path(str(file)).parent.glob("*.backup*")) if "sqlite" in url else []


def with_rows(url: str) -> str:
    """Add rows that name each other, and return the id of the project."""
    database = Database(url)
    with database.transaction() as session:
        ada, bob = users.create(session, "Ada"), users.create(session, "Bob")
        project = projects.create(session, ada.id, "Eocene")
        shares.share(session, project.id, bob.id, Access.VIEW)
    database.close()
    return project.id


def shares_in(url: str) -> int:
    engine = open_engine(url)
    with engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM shares")).scalar_one()
    engine.dispose()
    return int(count)


def test_the_models_equal_the_migrated_form(empty_url: str) -> None:
    upgrade(empty_url)
    migrated = open_engine(empty_url)
    with migrated.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, TABLES) == []
    form = form_of(migrated)
    with migrated.begin() as connection:
        TABLES.drop_all(connection)
        TABLES.create_all(connection)
    assert form_of(migrated) == form
    assert any(form.values())
    migrated.dispose()


def test_versions_follow_each_other_in_the_order_of_their_numbers() -> None:
    script = ScriptDirectory(migrations.FOLDER)
    ours = [revision.revision for revision in script.walk_revisions()]
    assert ours == migrations.numbers()[::-1]


def test_an_upgrade_is_done_once(empty_url: str) -> None:
    with pytest.raises(SchemaError, match="gondwana db upgrade"):
        check(empty_url)
    first, second = upgrade(empty_url), upgrade(empty_url)
    assert first.changed
    assert first.before is None
    assert not second.changed
    check(empty_url)
    assert backups_of(empty_url) == []


def test_an_upgrade_keeps_what_is_there_after_a_copy(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(empty_url)
    project_id = with_rows(empty_url)
    upgraded_later(tmp_path / "migrations", monkeypatch)
    done = upgrade(empty_url)
    assert (done.before, done.after) == ("0003", "9999")
    engine = open_engine(empty_url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, name, age FROM projects")).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [(project_id, "Eocene", 60.0)]
    assert shares_in(empty_url) == 1
    assert backups_of(empty_url) == ([done.backup] if done.backup else [])
    if "sqlite" in empty_url:
        with closing(sqlite3.connect(str(done.backup))) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert copy.execute("SELECT count(*) FROM shares").fetchone() == (1,)
            columns = {row[1] for row in copy.execute("PRAGMA table_info(projects)")}
        assert "age" not in columns


def test_an_upgrade_that_fails_changes_nothing(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(empty_url)
    with_rows(empty_url)
    engine = open_engine(empty_url)
    before = form_of(engine)
    with monkeypatch.context() as later:
        upgraded_later(tmp_path / "migrations", later, 'raise RuntimeError("half done")')
        with pytest.raises(RuntimeError, match="half done"):
            upgrade(empty_url)
    assert form_of(engine) == before
    engine.dispose()
    assert shares_in(empty_url) == 1
    check(empty_url)


def test_an_upgrade_that_would_leave_dangling_rows_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'gondwana.sqlite'}"
    upgrade(url)
    with_rows(url)
    with monkeypatch.context() as later:
        upgraded_later(tmp_path / "migrations", later, 'op.execute("DELETE FROM projects")')
        with pytest.raises(SchemaError, match="in shares"):
            upgrade(url)
    check(url)
    assert shares_in(url) == 1


def test_no_copy_no_upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'gondwana.sqlite'}"
    upgrade(url)

    class Full:
        def __init__(self, _: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as later:
        upgraded_later(tmp_path / "migrations", later)
        later.setattr(migrations.sqlite3, "connect", Full)
        with pytest.raises(TargetError, match="copy before the upgrade"):
            upgrade(url)
    check(url)
    assert backups_of(url) == []


def test_a_newer_database_is_refused(empty_url: str) -> None:
    upgrade(empty_url)
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for use in (upgrade, check):
        with pytest.raises(SchemaError, match="9999, which is newer"):
            use(empty_url)


def test_a_database_of_something_else_is_refused(empty_url: str) -> None:
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE users (id INTEGER)"))
    engine.dispose()
    with pytest.raises(SchemaError, match="tables of something else: users"):
        upgrade(empty_url)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "gondwana.sqlite"
    file.write_bytes(b"CDF\x01" + bytes(5000))
    with pytest.raises(SchemaError, match="damaged"):
        upgrade(f"sqlite:///{file}")
    assert file.read_bytes().startswith(b"CDF")


def test_many_upgrades_at_once_are_one(empty_url: str) -> None:
    done = at_once([lambda: upgrade(empty_url)] * 4)
    assert sum(one.changed for one in done) == 1
    check(empty_url)
