"""A small journal as it may be handed in, its files, and damage done to them."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

from journal.record import Folder, Writer
from journal.record import events as ev
from journal.report.assemble import plan
from journal.report.words import merge

SAID = "It memorized the reviews: validation loss ended at 0.71."


def write_journal(
    root: Path,
    *,
    said: str = SAID,
    losses: tuple[float, ...] = (0.60, 0.45, 0.40, 0.47, 0.58, 0.71),
    run_id: str = "lab5",
    started: float = 1_795_462_500.0,
) -> Folder:
    """A journal with one run, which overfits unless other losses are given, and its words."""
    root.mkdir(parents=True)
    (root / "journal.toml").write_text('title = "What I learned"\n')
    writer = Writer.create(
        root / "runs", engine="cached", seed=1, config={"epochs": len(losses)}, run_id=run_id,
        started=started,
    )  # fmt: skip
    writer.write(ev.Model(time=started, name="minilm", parameters=1000, trainable_parameters=10))
    writer.write(ev.Data(time=started, name="reviews", rows=2000, train=1800, validation=200))
    for number, loss in enumerate(losses, 1):
        writer.write(
            ev.Epoch(
                time=started + number, epoch=number, train_loss=0.65 - 0.08 * number,
                train_accuracy=0.8, val_loss=loss, val_accuracy=0.75, seconds=1.5,
            )
        )  # fmt: skip
    writer.close("completed")
    folder = Folder(root)
    outline = plan(folder).outline
    text = merge(None, outline)
    for _, _, prompts in outline:
        for _, question in prompts:
            text = text.replace(f"> {question}\n", f"> {question}\n\n{said}\n")
    folder.reflections_path.write_text(text)
    return folder


def members(root: Path) -> dict[str, bytes]:
    """Every file of a folder by its place."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip file of these."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def damaged(files: dict[str, bytes], seed: int) -> bytes:
    """A zip file with something wrong in one of its files, its names, or its own bytes."""
    chance = random.Random(seed)
    where = chance.choice(["file", "file", "file", "name", "zip"])
    files = dict(files)
    name = chance.choice(sorted(files))
    if where == "file":
        files[name] = hurt(files[name], chance)
    elif where == "name":
        odd = chance.choice(
            ["../up", "/abs", "C:\\x", "a\\..\\..\\b", "\x01", "x" * 400, "ü\u202e", "runs"]
        )
        files[odd if chance.random() < 0.5 else f"{odd}/{name}"] = files.pop(name)
    made = zipped(files)
    return hurt(made, chance) if where == "zip" else made


def hurt(data: bytes, chance: random.Random) -> bytes:
    """Bytes with some of them cut off, changed, doubled, or replaced."""
    at, to = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    kind = chance.randrange(7)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + data[to:]
    if kind == 2:
        return data[:to] + data[at:to] + data[to:]
    if kind == 3:
        changed = bytearray(data)
        for _ in range(chance.randrange(1, 20)):
            changed[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(changed)
    if kind == 4:
        return data.decode("utf-8", "replace").encode(chance.choice(["utf-16", "utf-32", "utf-7"]))
    if kind == 5:
        odd = (
            b"NaN",
            b"-1",
            b"1e999",
            b"null",
            b"[" * 5000,
            b"\xff",
            b'"\\ud800"',
            b"9" * 5000,
        )
        return data[:at] + chance.choice(odd) + data[at:]
    lines = data.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)
