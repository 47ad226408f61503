"""The command line: all commands in one application, and how each of them ends."""

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
from starter.cli.errors import EXIT_CODES, CommandError, ExitCode, debugging, rendered
from starter.cli.output import clean, console, print_json
from starter.cli.service import add_service


def make_app() -> App:
    """All commands, with their help from the decisions themselves."""
    app = App(
        name="leads",
        help="Takes a lead to a running hub: one long-running Temporal workflow per lead.",
        help_epilogue=EXIT_CODES,
        help_format="plaintext",
        help_formatter="default" if sys.stdout.isatty() else "plain",
        version=version("lead-to-hub"),
    )
    add_commands(app)
    add_decisions(app)
    add_service(app)
    return app


def run(summary: list[str]) -> int:
    """Runs one command; answers with the exit code. Never a traceback, unless LEADS_DEBUG asks for it."""
    try:
        app = make_app()
        if not summary or summary[0].startswith("-"):
            app.resolved_commands()  # help for all of them says what each does
        work = app.run_async(
            summary, console=console(), exit_on_error=False, print_error=False, result_action="return_value"
        )
        asyncio.run(run_program(work))
    except asyncio.CancelledError:  # a signal ended it, in order
        return INTERRUPTED
    except CommandError as failure:
        return _fail(failure, summary)
    except CycloptsError as wrong:
        return _fail(CommandError(ExitCode.USAGE, _usage(wrong)), summary)
    except (LeadsError, SettingsError, RPCError) as error:
        return _fail(rendered(error), summary)
    except BrokenPipeError:
        raise
    except Exception as error:  # a defect: even that is said in one sentence
        sentence = (
            f"This is a defect of this program, not of what you asked: {error!r}. LEADS_DEBUG=1 shows more."
        )
        return _fail(CommandError(ExitCode.DEFECT, sentence), summary)
    return ExitCode.DONE


def _usage(wrong: CycloptsError) -> str:
    """What is wrong with the command line, and where it is explained."""
    command = " ".join(["leads", *(wrong.command_chain or ())])
    if type(wrong) is MissingArgumentError and wrong.argument:
        return f"`{command}` needs {wrong.argument.name}; `{command} --help` explains it."
    if isinstance(wrong, UnknownCommandError):
        return f"{str(wrong).partition(' Available commands')[0]} `leads --help` lists all commands."
    return f"{str(wrong).replace('|None', '')} `{command} --help` explains it."


def _fail(failure: CommandError, summary: list[str]) -> int:
    if debugging():
        traceback.print_exc()
    sentence = clean(str(failure))
    if "--json" in summary and not failure.printed:
        print_json({"error": sentence, "code": int(failure.code)})
    console(stderr=True).print(f"leads: {sentence}", style="red", soft_wrap=True)
    return failure.code
