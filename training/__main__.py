"""``python -m training``: the commands that train, without the journal's command line.

It is also what torchrun starts, for a run that several processes share::

    torchrun --standalone --nproc-per-node 4 -m training train --data reviews.csv --limit all
"""

from __future__ import annotations

import sys

import click

from journal.record import JournalError
from training.cli import demo, train
from training.launch import is_helper
from training.whatif.cli import whatif


@click.group(
    commands={"train": train, "whatif": whatif, "demo": demo},
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example:  python -m training train --data amazon-snippets --model minilm",
)
def commands() -> None:
    """Run the lab and record it. The same as journal train, whatif, and demo."""


def main() -> int:
    """Run a command: 0 done, 1 failed or stopped, 2 wrong usage; an error is one sentence."""
    try:
        code = commands.main(prog_name="python -m training", standalone_mode=False)
    except JournalError as error:
        _say(f"training: {error}")
        return error.exit_code
    except click.ClickException as error:
        if not is_helper():
            error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        _say("training: Stopped.")
        return 1
    except Exception as error:
        print(
            f"training: This is a defect of ours: {type(error).__name__}: {error}.", file=sys.stderr
        )
        return 1
    return code if isinstance(code, int) else 0


def _say(words: str) -> None:
    """Of many processes that fail alike, one says so."""
    if not is_helper():
        print(words, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
