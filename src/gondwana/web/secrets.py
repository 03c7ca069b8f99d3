"""The secret that signs cookies."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from gondwana.config import SHORTEST_SECRET, Settings

_FILE = "secret"


def cookie_secret(settings: Settings) -> str:
    """Return the secret of the settings, or that of the data folder, which is made at first use.

    It is kept, so that people stay signed in when the server starts anew.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value()
    path = settings.data_folder / _FILE
    kept = _kept(path)
    return kept if len(kept) >= SHORTEST_SECRET else _made(path)


def _kept(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _made(path: Path) -> str:
    """Write a new secret that no other user of the machine can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(48)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
        file.write(secret)
    fresh.replace(path)
    return secret
