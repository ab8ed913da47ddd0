"""Files of a folder that is not trusted: bounded reading, whole writing, no way out by a link."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from journal.record import FolderError, RecordError, read_limited, read_text, replace_file
from journal.record.files import is_inside, read_first_line

Python = Callable[..., subprocess.CompletedProcess[str]]


def test_a_file_up_to_the_limit_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_bytes(b"x" * 2048)
    assert read_limited(path, 2048) == b"x" * 2048
    with pytest.raises(FolderError, match="larger than 1 kB"):
        read_limited(path, 2047)


def test_what_is_wrong_with_a_file_is_said_by_the_error_that_fits(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="there is no such file"):
        read_limited(tmp_path / "gone", 10)
    with pytest.raises(RecordError, match="there is no such file"):
        read_limited(tmp_path / "gone", 10, blame=RecordError)
    with pytest.raises(FolderError, match="this is a folder, not a file"):
        read_limited(tmp_path, 10)
    with pytest.raises(FolderError, match="not the name of a file"):
        read_limited(Path("a\0b"), 10)
    with pytest.raises(FolderError, match="cannot be read: file name too long"):
        read_limited(tmp_path / ("x" * 300), 10)


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FolderError, match="not an ordinary file"):
        read_limited(tmp_path / "pipe", 10)


def test_an_endless_device_is_refused() -> None:
    with pytest.raises(FolderError, match="not an ordinary file"):
        read_limited(Path("/dev/zero"), 10)


def test_the_first_line_is_read_with_its_end_and_no_further_than_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\n")
    assert read_first_line(path, 100) == b"one\n"
    assert read_first_line(path, 2) == b"on"


def test_text_loses_its_byte_order_mark_and_keeps_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"\xef\xbb\xbfna\xc3\xafve\r\nend")
    assert read_text(path, 100) == "naïve\r\nend"


def test_text_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes("one\ntwo\nthré".encode("latin-1"))
    with pytest.raises(
        FolderError, match=r"text: line 3 is not UTF-8 text; save the file as UTF-8"
    ):
        read_text(path, 100)


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.html"
    replace_file(path, b"first")
    replace_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"precious")
    path = tmp_path / "journal.html"
    path.symlink_to(elsewhere)
    replace_file(path, b"new")
    assert elsewhere.read_bytes() == b"precious"
    assert not path.is_symlink()
    assert path.read_bytes() == b"new"


def test_a_new_file_has_the_permissions_that_the_user_asks_for(tmp_path: Path) -> None:
    former = os.umask(0o027)
    try:
        replace_file(tmp_path / "new", b"")
    finally:
        os.umask(former)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="cannot be written: no such file or directory"):
        replace_file(tmp_path / "gone" / "file", b"")


TOO_LARGE = """
import resource, signal
from pathlib import Path
from journal.record import FolderError, replace_file

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    replace_file(Path("journal.html"), b"x" * 2000)
except FolderError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_former_file_and_nothing_beside_it(
    tmp_path: Path, python: Python
) -> None:
    (tmp_path / "journal.html").write_bytes(b"former")
    result = python("-c", TOO_LARGE)
    assert result.stdout.startswith("journal.html: cannot be written: file too large")
    assert result.stderr == ""
    assert (tmp_path / "journal.html").read_bytes() == b"former"
    assert [path.name for path in tmp_path.iterdir()] == ["journal.html"]


def test_a_path_is_inside_only_where_its_links_lead_inside(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_text("")
    (root / "out").symlink_to(tmp_path)
    (root / "in").symlink_to(root / "file")
    (root / "loop").symlink_to(root / "loop")
    assert is_inside(root, root / "file")
    assert is_inside(root, root / "in")
    assert not is_inside(root, root / "out")
    assert not is_inside(root, root / "out" / "file")
    assert not is_inside(root, root / ".." / "root2")
    assert not is_inside(root, root / "loop")


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_file_that_is_replaced_stays_as_private_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "reflections.md"
    path.write_text("before")
    path.chmod(0o600)
    replace_file(path, b"after")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("after", 0o600)
