"""Assembles the command line, runs one command and returns its exit code."""

import asyncio
import sys
import traceback
from importlib.metadata import version

from cyclopts import App, CycloptsError, MissingArgumentError, UnknownCommandError
from temporalio.service import RPCError

from client.connection import run_program
from client.errors import LeadsError
from config.settings import SettingsError
from starter.cli.__main__ import INTERRUPTED
from starter.cli.commands import add_commands
from starter.cli.decide import add_decisions
from starter.cli.errors import EXIT_CODES, CommandFailed, ExitCode, debugging, rendered
from starter.cli.output import clean, console, print_json
from starter.cli.service import add_service


def make_app() -> App:
    """Return the application with all commands; the help of decisions comes from their models."""
    app = App(
        name="leads",
        help="Take a lead to a running hub: one long-running Temporal workflow per lead.",
        help_epilogue=EXIT_CODES,
        help_format="plaintext",
        help_formatter="default" if sys.stdout.isatty() else "plain",
        version=version("lead-to-hub"),
    )
    add_commands(app)
    add_decisions(app)
    add_service(app)
    return app


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code. Tracebacks are shown only with LEADS_DEBUG."""
    try:
        app = make_app()
        if not arguments or arguments[0].startswith("-"):
            app.resolved_commands()  # the help of all commands needs all of them loaded
        work = app.run_async(
            arguments, console=console(), exit_on_error=False, print_error=False, result_action="return_value"
        )
        asyncio.run(run_program(work))
    except asyncio.CancelledError:  # ended by a signal
        return INTERRUPTED
    except CommandFailed as failure:
        return _fail(failure, arguments)
    except CycloptsError as wrong:
        return _fail(CommandFailed(ExitCode.USAGE, _usage(wrong)), arguments)
    except (LeadsError, SettingsError, RPCError) as error:
        return _fail(rendered(error), arguments)
    except BrokenPipeError:
        raise
    except Exception as error:  # a defect is reported in one sentence, too
        sentence = f"This is a defect of this program: {error!r}. LEADS_DEBUG=1 shows more."
        return _fail(CommandFailed(ExitCode.DEFECT, sentence), arguments)
    return ExitCode.DONE


def _usage(wrong: CycloptsError) -> str:
    """Return what is wrong with the command line, and which help explains it."""
    command = " ".join(["leads", *(wrong.command_chain or ())])
    if type(wrong) is MissingArgumentError and wrong.argument:
        return f"`{command}` needs {wrong.argument.name}; `{command} --help` explains it."
    if isinstance(wrong, UnknownCommandError):
        return f"{str(wrong).partition(' Available commands')[0]} `leads --help` lists all commands."
    return f"{str(wrong).replace('|None', '')} `{command} --help` explains it."


def _fail(failure: CommandFailed, arguments: list[str]) -> int:
    if debugging():
        traceback.print_exc()
    sentence = clean(str(failure))
    if "--json" in arguments and not failure.printed:
        print_json({"error": sentence, "code": int(failure.code)})
    console(stderr=True).print(f"leads: {sentence}", style="red", soft_wrap=True)
    return failure.code
