"""The process that looks into files for `asking`: questions in, answers out, one after the other.

It has no secrets, its memory is limited, and it ends with its parent.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

from gondwana.errors import GondwanaError, InputError
from gondwana.services import drawing, editing_bases, examining, previewing, reporting
from gondwana.services.children import LARGEST_BLOCK, LARGEST_JSON, LENGTHS

Asked = Mapping[str, Any]
Answer = dict[str, Any] | tuple[dict[str, Any], bytes]

QUESTIONS: dict[str, Callable[[Asked], Answer]] = {
    **examining.QUESTIONS,
    **drawing.QUESTIONS,
    **previewing.QUESTIONS,
    **reporting.QUESTIONS,
    **editing_bases.QUESTIONS,
}
"""What can be asked: each takes JSON and returns JSON, maybe with a block of bytes beside it."""

_LEAST_MEMORY = 2 * 1024**3
_FIRST_TO_GO = "800"  # when memory is short, these processes go before all others
_TOO_LARGE = {
    "code": InputError.code,
    "problem": "does not fit into memory",
    "remedy": "coarsen it first",
    "where": "",
}


def answered(asked: Asked) -> tuple[dict[str, Any], bytes]:
    """Answer a question with what was ``found``, with an ``error``, or with what has ``broken``."""
    try:
        answer = QUESTIONS[asked["question"]](asked)
    except GondwanaError as error:
        told = {name: getattr(error, name) for name in ("code", "problem", "remedy", "where")}
        return {"error": told}, b""
    except MemoryError:
        return {"error": _TOO_LARGE}, b""
    except Exception:
        return {"broken": traceback.format_exc(limit=-3)}, b""
    found, block = answer if isinstance(answer, tuple) else (answer, b"")
    return {"found": found}, block


def main(channel: int) -> None:
    """Answer questions until the parent is gone.

    Parameters
    ----------
    channel : int
        Number of the open file for the answers.
    """
    _be_modest()
    lines: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_listen, args=(lines,), daemon=True).start()
    with os.fdopen(channel, "wb") as answers:
        while True:
            _tell(answers, *answered(json.loads(lines.get())))


def _tell(answers: IO[bytes], told: dict[str, Any], block: bytes) -> None:
    try:
        said = json.dumps(told, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        said, block = json.dumps({"broken": str(error)}).encode(), b""
    if len(said) > LARGEST_JSON or len(block) > LARGEST_BLOCK:
        said, block = json.dumps({"error": _TOO_LARGE}).encode(), b""
    answers.write(LENGTHS.pack(len(said), len(block)) + said)
    answers.write(block)
    answers.flush()


def _listen(lines: SimpleQueue[bytes]) -> None:
    """Pass on what is asked; when nobody can ask any more, end, whatever is being done."""
    for line in sys.stdin.buffer:
        lines.put(line)
    os.kill(os.getpid(), signal.SIGKILL)


def _be_modest() -> None:
    """Take at most half of the machine's memory, and leave no image of it behind."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    most = max(half, _LEAST_MEMORY)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(int(sys.argv[1]))
