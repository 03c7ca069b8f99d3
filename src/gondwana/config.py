"""All settings in one model: file < environment (``GONDWANA_…``) < what is given explicitly.

On one machine nothing has to be set. In distributed mode nothing that machines share has a
default, above all no secret: what is needed and not given is told, and nothing starts.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from gondwana.errors import ParameterError

PREFIX = "GONDWANA_"
FILE_VARIABLE = f"{PREFIX}CONFIG"
SHORTEST_SECRET = 32

Shared = Literal["database_url", "file_store_url", "broker_url", "secret"]
SHARED: tuple[Shared, ...] = get_args(Shared)
"""What the machines of a distributed installation have in common."""


def _default_data_folder() -> Path:
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "gondwana"


class Settings(BaseSettings):
    """Where everything is kept, and how the parts find each other."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        validate_default=False,
    )

    mode: Literal["embedded", "distributed"] = Field(
        "embedded", description="everything in one process tree, or a process for each part"
    )
    data_folder: Path = Field(
        default_factory=_default_data_folder,
        description="folder of the database and the files, where these are not elsewhere",
    )
    database_url: str = Field(
        "", repr=False, description="sqlite:///… or postgresql://…; SQLite in the data folder"
    )
    file_store_url: str = Field(
        "", repr=False, description="folder, or any URL that fsspec knows; a folder in the data"
    )
    broker_url: str = Field("", repr=False, description="amqp://…, or memory:// on one machine")
    secret: SecretStr | None = Field(
        None, description="signs sessions; made anew at each start on one machine"
    )
    lease: float = Field(
        60.0, gt=0, description="seconds a worker may be silent before its run goes to another"
    )
    largest_file: int = Field(
        4 * 1024**3, ge=1, description="bytes of the largest file that is taken"
    )
    quota: int | None = Field(
        None, ge=1, description="bytes that the files of a user may have, if theirs is not another"
    )
    registration: Literal["open", "invitation", "closed"] | None = Field(
        None, description="who may register; on one machine everybody, else whoever is invited"
    )
    proxies: int = Field(
        0, ge=0, description="reverse proxies in front, whose word on who asks is believed"
    )

    @field_validator("data_folder")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"has to have {SHORTEST_SECRET} characters or more")
        return secret

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given first, then the environment, then the file."""
        file = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, file

    def missing(self, needs: Collection[Shared] = SHARED) -> list[Shared]:
        """Return what is needed and has no default in this mode."""
        if self.mode == "embedded":
            return []
        return [name for name in SHARED if name in needs and not getattr(self, name)]


def load_settings(
    file: Path | None = None, *, needs: Collection[Shared] = SHARED, **given: Any
) -> Settings:
    """Read the settings.

    Parameters
    ----------
    file : Path, optional
        TOML; by default the one that ``GONDWANA_CONFIG`` names, if it does.
    needs : collection of str
        What this part cannot do without in distributed mode; a worker needs no database.
    **given
        Values that go before file and environment; None counts as not given.

    Returns
    -------
    Settings
        With every URL filled in that has a default.

    Raises
    ------
    ParameterError
        An unknown name, an unusable value, or something that is needed and missing.
    """
    named = os.environ.get(FILE_VARIABLE)
    path = file or (Path(named) if named else None)
    if path is not None and not path.is_file():
        raise ParameterError("there is no such file of settings", where=str(path))
    explicit = {name: value for name, value in given.items() if value is not None}
    try:
        settings = _reading(path)(**explicit)
    except ValidationError as error:
        raise ParameterError(_told(error), remedy=_REMEDY) from None
    except (SettingsError, ValueError, OSError) as error:
        raise ParameterError(f"the settings cannot be read ({error})", remedy=_REMEDY) from None
    missing = settings.missing(needs)
    if missing:
        raise ParameterError(
            f"distributed mode needs {', '.join(missing)}",
            remedy=f"set {', '.join(PREFIX + name.upper() for name in missing)}",
        )
    return _filled(settings)


_REMEDY = f"mend the file of settings or the environment ({PREFIX}…)"


def _reading(path: Path | None) -> type[Settings]:
    """Return the settings of one file, which belongs to the class and not to the instance."""

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    return FromFile


def _filled(settings: Settings) -> Settings:
    folder = settings.data_folder
    defaults = {"registration": "invitation"}
    if settings.mode == "embedded":
        defaults = {
            "registration": "open",
            "database_url": f"sqlite:///{folder / 'gondwana.sqlite'}",
            "file_store_url": str(folder / "files"),
            "broker_url": "memory://",
        }
    return settings.model_copy(
        update={name: getattr(settings, name) or value for name, value in defaults.items()}
    )


def _told(error: ValidationError) -> str:
    """Tell what is wrong without the values, which may hold passwords."""
    problems = []
    for detail in error.errors(include_url=False, include_input=False, include_context=False):
        name = ".".join(map(str, detail["loc"]))
        if detail["type"] == "extra_forbidden":
            problems.append(f"there is no setting '{name}'")
        else:
            problems.append(f"'{name}': {detail['msg'].removeprefix('Value error, ')}")
    return ", and ".join(problems)
