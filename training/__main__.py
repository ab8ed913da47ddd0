"""``python -m training``: the commands that train, without the journal's command line."""

from __future__ import annotations

import sys

import click

from journal.record import JournalError
from training.cli import demo, train
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
        print(f"training: {error}", file=sys.stderr)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        print("training: Stopped.", file=sys.stderr)
        return 1
    except Exception as error:
        print(
            f"training: This is a defect of ours: {type(error).__name__}: {error}.", file=sys.stderr
        )
        return 1
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
