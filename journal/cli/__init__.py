"""The command line: a table of commands, each loaded only when it is called.

Help texts stand in the table so that ``journal --help`` imports no command. Commands that train
live in the ``training`` package; the table names them by a string that is followed on call.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from dataclasses import dataclass
from typing import NoReturn

import click

from journal import errors


@dataclass(frozen=True)
class Entry:
    """Where a command is found and the line ``journal --help`` shows for it."""

    target: str
    summary: str


COMMANDS: dict[str, Entry] = {
    "demo": Entry("training.cli:demo", "Train on the embedded reviews and build a journal."),
    "init": Entry("journal.cli.init:command", "Start a journal in a folder."),
    "train": Entry("training.cli:train", "Run the lab and record it."),
    "whatif": Entry("training.whatif.cli:whatif", "Vary the settings of a run and measure."),
    "note": Entry("journal.cli.note:command", "Take down a note or a challenge, with its time."),
    "predict": Entry("journal.cli.predict:command", "Take down what you expect of the next run."),
    "show": Entry("journal.cli.show:command", "Show what a run's record says."),
    "build": Entry(
        "journal.cli.build:command", "Build the journal from the record and your words."
    ),
    "check": Entry("journal.cli.check:command", "Check a journal, or those of a whole class."),
    "edit": Entry("journal.cli.edit:command", "Write your words on a local page."),
    "compare": Entry("journal.cli.compare:command", "Show runs side by side and test them."),
    "import": Entry("journal.cli.import_:command", "Make a record from another tool's figures."),
    "packs": Entry("journal.cli.packs:command", "List, show, start and check course packs."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order a student meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, or answer with the install line when its extra is missing."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            # Imported here, for only a slip of the pen needs it.
            from difflib import get_close_matches

            near = get_close_matches(cmd_name, COMMANDS, 1)
            meant = f" (did you mean '{near[0]}'?)" if near else ""
            ctx.fail(f"there is no command '{cmd_name}'{meant}")
        module, _, attribute = entry.target.partition(":")
        try:
            command = getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as missing:
            if (missing.name or "").split(".")[0] in {"journal", "training"}:
                raise
            raise errors.MissingExtraError(f"journal {cmd_name}", "train") from missing
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List commands from the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="reflective-journal", prog_name="journal")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def cli() -> None:
    """Turn a deep-learning lab into an honest reflective journal.

    \b
    First hour:  journal init lab5 && cd lab5
                 journal train --data amazon-snippets --model minilm
                 journal note "validation loss stopped falling" --challenge
                 journal build
    """


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 fell short or failed, 2 wrong usage."""
    argv = list(sys.argv[1:] if args is None else args)
    # Whoever is told to run again with --debug adds it at the end.
    words = argv[: argv.index("--")] if "--" in argv else argv
    debug = "--debug" in words
    if debug:
        argv.remove("--debug")
    try:
        code = cli.main(argv, prog_name="journal", standalone_mode=False)
        sys.stdout.flush()
    except errors.JournalError as error:
        if debug:
            traceback.print_exc()
        _fail(str(error), error.exit_code)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.Abort:
        _fail("Stopped.", 1)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.UsageError as error:
        asked = error.ctx.command_path if error.ctx else "journal"
        _fail(f"{error.format_message().rstrip('.')}; see {asked} --help.", 2)
    except click.ClickException as error:
        _fail(error.format_message(), 2)
    except BrokenPipeError:
        # The reader of our output went away (``journal show | head``); nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        _fail("Stopped.", 1)
    except Exception as error:
        if debug:
            traceback.print_exc()
        _fail(
            f"This is a defect of ours: {type(error).__name__}: {error}. "
            "Run again with --debug and report what it prints.",
            1,
        )
    sys.exit(code if isinstance(code, int) else 0)


def _fail(sentence: str, code: int) -> NoReturn:
    print(f"journal: {sentence}", file=sys.stderr)
    sys.exit(code)
