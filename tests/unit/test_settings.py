"""Settings: where they come from, what goes first, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gondwana.config import PREFIX, Settings, load_settings
from gondwana.errors import ParameterError

SECRET = "s" * 32


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CONFIG", *Settings.model_fields):
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


def written(folder: Path, text: str) -> Path:
    file = folder / "gondwana.toml"
    file.write_text(text)
    return file


def test_one_machine_needs_no_settings(tmp_path: Path) -> None:
    settings = load_settings()
    folder = tmp_path / "home" / "gondwana"
    assert settings.mode == "embedded"
    assert settings.data_folder == folder
    assert settings.database_url == f"sqlite:///{folder}/gondwana.sqlite"
    assert settings.file_store_url == f"{folder}/files"
    assert settings.broker_url == "memory://"
    assert settings.secret is None
    assert not folder.exists()


def test_explicit_before_environment_before_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'database_url = "sqlite:////f"\nbroker_url = "amqp://f"\nfile_store_url = "/f"\n'
    file = written(tmp_path, text)
    monkeypatch.setenv("GONDWANA_BROKER_URL", "amqp://e")
    monkeypatch.setenv("GONDWANA_FILE_STORE_URL", "/e")
    settings = load_settings(file, file_store_url="/x", database_url=None)
    assert settings.database_url == "sqlite:////f"
    assert settings.broker_url == "amqp://e"
    assert settings.file_store_url == "/x"


def test_the_environment_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONDWANA_CONFIG", str(written(tmp_path, "largest_file = 5")))
    assert load_settings().largest_file == 5


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONDWANA_DATABASE_URL", "")
    assert load_settings().database_url.startswith("sqlite:///")


def test_distributed_mode_refuses_to_start_without_what_is_shared() -> None:
    with pytest.raises(ParameterError, match="needs database_url, file_store_url, broker_url") as e:
        load_settings(mode="distributed")
    assert "secret" in e.value.problem
    assert "GONDWANA_SECRET" in e.value.remedy


def test_distributed_mode_has_no_default_secret() -> None:
    urls = {"database_url": "postgresql://d", "file_store_url": "/f", "broker_url": "amqp://b"}
    with pytest.raises(ParameterError, match="distributed mode needs secret"):
        load_settings(mode="distributed", **urls)
    settings = load_settings(mode="distributed", secret=SECRET, **urls)
    assert settings.secret is not None
    assert settings.secret.get_secret_value() == SECRET


def test_a_worker_needs_neither_database_nor_secret() -> None:
    needs = ("broker_url", "file_store_url")
    with pytest.raises(ParameterError, match=r"needs broker_url($|;)"):
        load_settings(mode="distributed", needs=needs, file_store_url="/f")
    settings = load_settings(
        mode="distributed", needs=needs, file_store_url="/f", broker_url="amqp://b"
    )
    assert settings.database_url == ""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"mode": "cloud"}, "'mode'"),
        ({"largest_file": 0}, "'largest_file'"),
        ({"secret": "short"}, "32 characters"),
        ({"colour": "red"}, "there is no setting 'colour'"),
    ],
)
def test_an_unusable_value_is_told_in_one_sentence(given: dict[str, object], told: str) -> None:
    with pytest.raises(ParameterError) as error:
        load_settings(**given)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["colour = 1", "mode = ", "mode = 7", "\0"])
def test_an_unusable_file_is_told_in_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(ParameterError) as error:
        load_settings(written(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no such file"):
        load_settings(tmp_path / "none.toml")


def test_no_password_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONDWANA_DATABASE_URL", "postgresql://ada:hidden@host/db")
    monkeypatch.setenv("GONDWANA_SECRET", "hidden" * 6)
    assert "hidden" not in repr(load_settings())
    monkeypatch.setenv("GONDWANA_SECRET", "hidden")
    with pytest.raises(ParameterError) as error:
        load_settings()
    assert "hidden" not in str(error.value)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
