"""The door of the command line: commands are loaded when called, errors are told in a sentence."""

from __future__ import annotations

import importlib
import signal
import sys
from typing import Any

import click

from gondwana import __version__
from gondwana.errors import GondwanaError

_COMMANDS = {
    "build": "Make every boundary file from a topography.",
    "check": "Check a topography and say how to mend it.",
    "steps": "List the steps, or describe one.",
    "step": "Run one step on given files.",
    "grid": "Make a tripolar ocean grid with its poles on land.",
    "planet": "Make a random planet to try things on.",
    "project": "Make, list, show, export, import, copy, share and delete projects.",
    "run": "Run steps of a project.",
    "status": "Show how the steps of a project stand.",
    "cancel": "Stop steps of a project.",
    "retry": "Try failed steps of a project again.",
    "log": "Show what a run of a step said.",
    "user": "Add, list and change users.",
    "db": "Upgrade, check and clean up the database and the files.",
    "serve": "Run everything on this machine, for projects.",
    "web": "Serve the REST API of a distributed installation.",
    "dispatcher": "Run a dispatcher of a distributed installation.",
    "worker": "Run a worker of a distributed installation.",
}
_UNEXPECTED = 70  # the exit status that sysexits.h keeps for a fault of the program itself


class _LazyGroup(click.Group):
    """Imports a command's module only when it is called; listing them imports nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"gondwana.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 all good, 1 written or checked with failures, 2 nothing was done, "
    "130 stopped. Any command takes --debug, which shows where an error comes from.",
)
@click.version_option(__version__, prog_name="gondwana")
def cli() -> None:
    """From a paleotopography to the boundary conditions of a climate simulation."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    words = sys.argv[1:] if arguments is None else arguments
    if arguments is None:
        # a batch system's time limit, a closed terminal: clean up as after Ctrl-C
        for ending in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, signal.default_int_handler)
    debug = "--debug" in words
    sys.exit(_run([word for word in words if word != "--debug"], debug=debug))


def _run(words: list[str], *, debug: bool) -> int:
    try:
        status: Any = cli.main(words, prog_name="gondwana", standalone_mode=False)
    except click.exceptions.Exit as request:
        return request.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped; nothing was written.", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away; the interpreter would complain at exit
        return 0
    except Exception as error:
        if debug:
            raise
        return _tell(error)
    return status if isinstance(status, int) else 0


def _tell(error: Exception) -> int:
    """Print an error in one sentence; return the exit status it asks for."""
    if isinstance(error, click.ClickException):
        error.show()
        return 2
    if isinstance(error, GondwanaError):
        click.echo(f"Error: {error}.", err=True)
        return error.exit_code
    click.echo(
        f"Error: unexpected {type(error).__name__} ({error}); "
        "run again with --debug and report what it prints.",
        err=True,
    )
    return _UNEXPECTED


if __name__ == "__main__":
    main()
