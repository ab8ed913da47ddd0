"""Make twelve submissions of one class, most of them with a mistake put in on purpose.

    python examples/class/make_class.py FOLDER
    journal check FOLDER

The runs are real ones, of a DistilBERT so small that an epoch takes a moment; its weights are
random and its reviews are our own. What is wrong with which submission stands in ``README.md``.
"""

from __future__ import annotations

import csv
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from journal.errors import TrainingError
from journal.record import Folder, read_run
from journal.report.assemble import plan
from journal.report.words import merge
from training.config import LabConfig
from training.resume import resumption
from training.run import resume_lab, run_lab

THINGS = ("kettle", "lamp", "charger", "keyboard", "blender", "backpack", "headset", "toaster")
GOOD = (
    "I love this {}; it works every day.",
    "Great {}, well made and quick to arrive.",
    "The best {} I have owned.",
    "This {} is excellent value.",
    "A sturdy, quiet, perfect {}.",
)
BAD = (
    "The {} broke after a week.",
    "Terrible {}; it never worked.",
    "I returned the {}, noisy and slow.",
    "Do not buy this {}; mine arrived damaged.",
    "Poor quality: the {} leaks.",
)
SPOKEN = (
    "Validation loss ended at {loss:.3f} after {epochs} epochs. I looked for overfitting and for a "
    "loss that is not a number or diverges, asked whether the model does better than chance or a "
    "simple baseline, and how sure it is of itself: its confidence was not its accuracy. The curve "
    "was noisy. The labels are balanced, and no review was truncated or leaked."
)
ELSEWHERE = "I had not asked myself that before; the figures above made me look again."
SILENT = "Validation loss ended at {loss:.3f} after {epochs} epochs, and all went as I had hoped."


def main(target: Path) -> None:
    """Make the submissions in a folder that is not there yet."""
    target.mkdir(parents=True)
    work = target.parent / f".{target.name}-work"
    work.mkdir()
    try:
        make(target, work)
    finally:
        shutil.rmtree(work)


def make(target: Path, work: Path) -> None:
    """Make them, with what need not be handed in under ``work``."""
    reviews, model = write_reviews(work / "reviews.csv"), write_model(work / "tiny-distilbert")

    def lab(name: str, seed: int, **settings: object) -> Folder:
        folder = begin(target / name)
        whole = {"epochs": 5, "learning_rate": 0.05, "batch_size": 8, **settings}
        config = LabConfig(data=str(reviews), model=str(model), seed=seed, threads=1, **whole)  # type: ignore[arg-type]
        run_lab(config, folder)
        return folder

    hand_in(lab("group-01", 1))

    hand_in(lab("group-02", 2), SPOKEN + " At the end, validation accuracy was 0.123.")

    hand_in(lab("group-03", 3), asked=lambda name: name in {"frozen-layers", "surprise"})

    hand_in(lab("group-04", 4, learning_rate=100.0), SILENT)

    copied = begin(target / "group-05")
    shutil.copytree(target / "group-01" / "runs", copied.runs_dir)
    run = next(copied.runs_dir.iterdir())
    run.rename(run.with_name("our-run"))
    hand_in(copied)

    hand_in(lab("group-06", 1))

    edited = lab("group-07", 7)
    record = edited.find_run()
    loss = f'"val_loss":{read_run(record).epochs[-1].val_loss!r}'
    record.write_text(record.read_text().replace(loss, '"val_loss":0.05'))
    hand_in(edited)

    stale = lab("group-08", 8)
    hand_in(stale)
    with stale.reflections_path.open("a") as words:
        words.write("\nThis came to me after the last build.\n")

    hand_in(lab("group-09", 9), SPOKEN + " TODO: say what I would do next.")

    broken_off = begin(target / "group-10")
    config = LabConfig(
        data=str(reviews), model=str(model), seed=10, threads=1, epochs=5, learning_rate=0.05,
        batch_size=8,
    )  # fmt: skip
    stop_after_two_epochs(config, broken_off)
    resume_lab(resumption(broken_off, None, {"data": str(reviews), "model": str(model)}))
    hand_in(broken_off, SILENT)
    shutil.make_archive(str(broken_off.root), "zip", target, broken_off.root.name)
    shutil.rmtree(broken_off.root)

    cut = hand_in(lab("group-11", 11))
    shutil.make_archive(str(cut.root), "zip", cut.root)
    shutil.rmtree(cut.root)
    archive = cut.root.with_suffix(".zip")
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])

    (target / "group-12.docx").write_text("What I learned, in a file that is no journal.\n")


def begin(root: Path) -> Folder:
    """A journal's folder without a run."""
    root.mkdir()
    (root / "journal.toml").write_text('title = "Fine-tuning, and what it taught us"\n')
    return Folder(root)


def hand_in(
    folder: Folder, said: str = SPOKEN, asked: Callable[[str], bool] = lambda _: True
) -> Folder:
    """Write the words under the questions that are answered, build, and drop the checkpoints."""
    planned = plan(folder)
    run = planned.runs[0]
    losses = [epoch.val_loss for epoch in run.epochs if epoch.val_loss is not None]
    words = said.format(loss=losses[-1], epochs=len(run.epochs))
    text = merge(None, planned.outline)
    for _, _, prompts in planned.outline:
        for name, question in prompts:
            if asked(name):
                text = text.replace(f"> {question}\n", f"> {question}\n\n{words}\n")
                words = ELSEWHERE
    folder.reflections_path.write_text(text)
    journal = (sys.executable, "-m", "journal", "build", folder.root, "--format", "html")
    subprocess.run(journal, check=True, capture_output=True)
    for left in folder.runs_dir.glob("*/*"):
        if left.suffix != ".jsonl":
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    return folder


def stop_after_two_epochs(config: LabConfig, folder: Folder) -> None:
    """A run that somebody stops with Ctrl-C."""

    def stop(epoch: object) -> None:
        if epoch.epoch == 2:  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    try:
        run_lab(config, folder, on_epoch=stop)
    except TrainingError:
        return


def write_reviews(path: Path) -> Path:
    """Eighty reviews, half of them positive, in the columns of the lab."""
    rows = [
        (form.format(thing), label)
        for thing in THINGS
        for label, forms in ((1, GOOD), (0, BAD))
        for form in forms
    ]
    random.Random(0).shuffle(rows)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["reviewText", "isPositive"])
        writer.writerows(rows)
    return path


def write_model(folder: Path) -> Path:
    """A DistilBERT of one layer and width 16 with random weights, in the hub's format."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import DistilBertConfig, DistilBertModel, DistilBertTokenizerFast

    folder.mkdir()
    trained = BertWordPieceTokenizer(lowercase=True)
    trained.train_from_iterator(
        (form.format(thing) for thing in THINGS for form in GOOD + BAD),
        vocab_size=200,
        show_progress=False,
    )
    trained.save_model(str(folder))
    tokenizer = DistilBertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=32)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    DistilBertModel(
        DistilBertConfig(
            vocab_size=len(tokenizer), dim=16, n_layers=1, n_heads=2, hidden_dim=32,
            max_position_embeddings=32, pad_token_id=tokenizer.pad_token_id,
        )
    ).save_pretrained(folder)  # fmt: skip
    return folder


if __name__ == "__main__":
    main(Path(sys.argv[1]))
