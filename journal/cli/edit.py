"""``journal edit``: write the reflection in the browser, beside the charts it is about."""

from __future__ import annotations

import os
import sys

import click

from journal.cli.options import folder_option, named_folder
from journal.record.folder import Folder

_PORTS = range(49152, 65536)


@click.command("edit", epilog="Example:  journal edit lab5")
@click.argument("directory", metavar="[DIR]", required=False)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port of the page; 0 takes any that is free (default: the folder's own).",
)
@click.option("--no-browser", is_flag=True, help="Only print the address, open no browser.")
@folder_option
def command(directory: str | None, port: int | None, no_browser: bool, folder: Folder) -> None:
    """Write the reflection of DIR, by default of the folder you are in, on a local page.

    The page can be reached from this machine alone, and only by the address that is printed. What
    you write is saved in reflections.md as you type. Ctrl-C ends it.
    """
    from journal.web.editor import Editor
    from journal.web.server import LocalServer

    if directory is not None:
        folder = named_folder(directory)
    editor = Editor(folder)
    # A browser keeps what could not be saved under the address: it is the same the next time.
    ports = (port,) if port is not None else (_PORTS[int(editor.name, 16) % len(_PORTS)], 0)
    server = LocalServer(editor, *ports)
    try:
        opened = not no_browser and _open(server.url)
        click.echo(server.url)
        told = "Your browser opens it" if opened else "Open this address in a browser"
        click.echo(f"{told}; Ctrl-C ends it.", err=True)
        sys.stdout.flush()
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo(f"\nStopped. Your words are in {folder.reflections_path}.", err=True)
    finally:
        server.server_close()


def _open(url: str) -> bool:
    """Open the address if there is a browser with windows; one in the terminal is not wanted."""
    import webbrowser

    windows = sys.platform in {"win32", "darwin"} or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    return windows and webbrowser.open(url)
