"""A finished journal made by hand, and others that are hard to set."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from journal.analysis import figures
from journal.analysis.statement import Statement, Value, evidence_of, state, text
from journal.record import Folder
from journal.record import events as ev
from journal.record.run import Run, numbered
from journal.report import charts
from journal.report.assemble import assemble, plan
from journal.report.charts.cells import cell
from journal.report.index import build_index
from journal.report.model import (
    Appendix,
    Column,
    Fact,
    Glance,
    Head,
    Item,
    Note,
    Question,
    Report,
    Section,
    Table,
    Words,
)
from journal.report.words import merge

START = 1_795_462_500.0
SHA = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"

HOSTILE = """\
<script>alert(1)</script><img src=x onerror=alert(2)>

[click](javascript:alert(3)) [data](data:text/html;base64,PHNjcmlwdD4=) <javascript:alert(4)>
![remote](https://example.org/spy.png) [link](https://example.org "title")

</blockquote></div></section><h1 id="e1">I am the tool</h1>

# A first heading {#contents}

#### and one that skips levels

<a id="e7" href="#e1" onclick="alert(5)">0.999</a>

| a | b |
|---|---|
| <b onmouseover=alert(6)>x</b> | `|` $1^2$ \\| |

[ref]: javascript:alert(7)
[ref] and [ok]: https://example.org

A footnote[^1] and another[^e1].

[^1]: <svg/onload=alert(8)>
[^e1]: Two.

#panic(1) #import "@preview/x:1.0.0" #read("/etc/passwd") $#panic(2)$ @e1 <e1> [@e1]
```{=openxml}
<w:p/>
```
`<w:p/>`{=openxml} ::: {custom-style="Title"} \\input{/etc/passwd} $\\input{/etc/passwd}$

{{ report.head }} {% raw %} ${7*7} \u202e reversed \u0000 nul

> Recorded: validation loss 0.001

- [ ] task
  ```html
  </code></pre><script>alert(9)</script>
  ```
"""

ANSWER = """\
I expected the model to need all of its layers to learn what a *bad* review sounds like, and I was
wrong. Only `pre_classifier` and `classifier` moved, and still the validation loss fell in almost
every epoch until the thirteenth. What the encoder had read before it ever saw a review was enough
to place "waste of money" and "works like a charm" far apart.

What it cannot learn this way is anything that the frozen layers throw away:

- irony, where every single word is friendly;
- a star rating that disagrees with its text;
- the difference between *cheap* as praise and *cheap* as blame.

If I had to explain it to a classmate, I would say that we did not teach the model to read. We
taught it which of the things it had already read matter here.
"""

SHORT_ANSWER = """\
The curve told me more than the final number. Training loss kept falling after epoch 13 while
validation loss stayed where it was, so the last seven epochs bought me nothing but practice at
waiting.
"""


def epochs(number: int = 20, start: float = START + 14.0, each: float = 0.52) -> list[ev.AnyEvent]:
    """Epochs that learn quickly at first, and overfit a little from the twelfth on."""
    made: list[ev.AnyEvent] = []
    for n in range(1, number + 1):
        decay = math.exp(-n / (number / 4))
        late = max(0, n - 0.6 * number) / number
        made.append(
            ev.Epoch(
                time=start + n * each,
                epoch=n,
                train_loss=0.31 + 0.38 * decay + 0.006 * math.sin(n * 2.1),
                train_accuracy=0.885 - 0.33 * decay + 0.004 * math.cos(n * 1.7),
                val_loss=0.34 + 0.34 * decay + 0.14 * late + 0.007 * math.sin(n * 3.3),
                val_accuracy=0.865 - 0.28 * decay - 0.05 * late + 0.006 * math.cos(n * 2.9),
                seconds=each,
                learning_rate=0.005,
            )
        )
    return made


def phase(name: str, begin: float, seconds: float, low: int, high: int) -> list[ev.AnyEvent]:
    """A phase with its samples, memory rising from ``low`` to ``high`` MB."""
    steps = max(2, int(seconds / 0.25))
    made: list[ev.AnyEvent] = [ev.PhaseStarted(time=begin, phase=name)]
    made += [
        ev.Memory(
            time=begin + seconds * n / steps,
            rss_bytes=int((low + (high - low) * math.sqrt(n / steps)) * 1_000_000),
            phase=name,
        )
        for n in range(steps)
    ]
    made.append(
        ev.PhaseFinished(
            time=begin + seconds, phase=name, seconds=seconds, peak_rss_bytes=high * 1_000_000
        )
    )
    return made


def header(engine: str = "cached", run_id: str = "2026-11-23-191500-3f2a") -> ev.RunStarted:
    return ev.RunStarted(
        time=START,
        run_id=run_id,
        engine=engine,
        seed=324,
        program="reflective-journal 0.1.0",
        config={"epochs": 20, "batch_size": 16, "learning_rate": 0.005, "optimizer": "SGD"},
    )


MODEL = ev.Model(
    time=START + 2.5,
    name="distilbert-base-uncased",
    source="the hub's local cache",
    checksum=SHA,
    parameters=66_955_010,
    trainable_parameters=592_130,
    layer_groups=(
        ev.LayerGroup(name="embeddings", parameters=23_837_184, trainable_parameters=0),
        *(
            ev.LayerGroup(name=f"layer {n}", parameters=7_087_616, trainable_parameters=0)
            for n in range(1, 7)
        ),
        ev.LayerGroup(name="pre_classifier", parameters=590_592, trainable_parameters=590_592),
        ev.LayerGroup(name="classifier", parameters=1_538, trainable_parameters=1_538),
    ),
    max_length=512,
)
DATA = ev.Data(
    time=START + 2.9,
    name="amazon-snippets",
    checksum=SHA,
    rows=2000,
    rows_read=2985,
    dropped=0,
    train=1800,
    validation=200,
)
PREDICTIONS = ev.Predictions(
    time=START + 26.0,
    labels=("negative", "positive"),
    confusion=((66, 17), (12, 105)),
    calibration=(
        ev.CalibrationBin(lower=0.5, upper=0.6, count=0),
        ev.CalibrationBin(lower=0.6, upper=0.7, count=24, confidence=0.66, accuracy=0.625),
        ev.CalibrationBin(lower=0.7, upper=0.8, count=40, confidence=0.76, accuracy=0.75),
        ev.CalibrationBin(lower=0.8, upper=0.9, count=61, confidence=0.86, accuracy=0.869),
        ev.CalibrationBin(lower=0.9, upper=1.0, count=75, confidence=0.95, accuracy=0.973),
    ),
)
PIECES = ("[CLS]", "splendid", "waste", "of", "cup", "##board", "space", ".", "[SEP]")
WORDS = (None, 0, 1, 2, 3, 3, 4, 5, None)
REVIEW = "Splendid waste of cupboard space."
CUT = ev.Pieces(
    time=START + 3.6,
    text=REVIEW,
    pieces=PIECES,
    ids=(101, 21459, 5949, 1997, 2452, 6277, 2686, 1012, 102),
    words=WORDS,
)
ATTENTION = ev.Attention(
    time=START + 26.1,
    text=REVIEW,
    label="negative",
    predicted="positive",
    confidence=0.83,
    pieces=PIECES,
    words=WORDS,
    heads=12,
    received=tuple(
        tuple(round((1 + (n * 5 + layer) % 9) / 45, 4) for n in range(9)) for layer in range(6)
    ),
    weights=tuple(
        tuple(round(2 ** (-((n * 7 + row) % 9)) / 1.996, 4) for n in range(9)) for row in range(9)
    ),
)


@pytest.fixture(scope="session")
def make_run() -> Callable[..., Run]:
    """Build a run from events, as a reader would."""

    def make(*events: ev.AnyEvent, **options: object) -> Run:
        return Run(Path("runs/sample/record.jsonl"), numbered(events), **options)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def finished(make_run: Callable[..., Run]) -> Run:
    """Twenty epochs that went well, but for one attempt that memory did not allow."""
    return make_run(
        header(),
        *phase("loading data", START + 0.1, 0.6, 310, 335),
        DATA,
        *phase("loading model", START + 0.8, 2.2, 335, 690),
        MODEL,
        *phase("tokenizing", START + 3.1, 0.5, 690, 710),
        ev.OutOfMemory(
            time=START + 4.4,
            phase="encoding",
            tried="batch of 64 reviews",
            size=64,
            rss_bytes=1_320_000_000,
            error="not enough memory: you tried to allocate 805306368 bytes",
            changed="batch of 32 reviews",
            seconds_lost=0.8,
        ),
        *phase("encoding", START + 3.7, 10.2, 710, 1240),
        *phase("training", START + 14.0, 10.4, 1190, 1212),
        *epochs(),
        *phase("predicting", START + 25.2, 0.7, 1180, 1192),
        PREDICTIONS,
        CUT,
        ATTENTION,
        ev.RunFinished(time=START + 26.2, status="completed", seconds=26.2, seal=SHA),
        seal="intact",
    )


def val(run: Run, number: int, metric: str) -> Value:
    """A figure of one epoch of ``run`` as a linked value."""
    epoch = run.epochs[number - 1]
    shown = figures.loss(getattr(epoch, metric)) if metric != "epoch" else str(epoch.epoch)
    return Value(shown, (evidence_of(run, epoch, metric, epoch.epoch),))


def report_of(
    run: Run,
    sections: Sequence[Section],
    *,
    appendices: Sequence[Appendix] = (),
    glances: Sequence[Glance] = (),
    stray: str = "",
    head: Head | None = None,
) -> Report:
    """A report with its index."""
    parts = (glances, sections, appendices)
    return Report(
        head=head or Head("Reflective journal"),
        language="en",
        glances=tuple(glances),
        sections=tuple(sections),
        stray=Words(stray),
        appendices=tuple(appendices),
        index=build_index([run], parts),
        program="reflective-journal 0.1.0",
    )


def epoch_table(run: Run) -> Table:
    metrics = (
        ("Training loss", "train_loss", figures.loss),
        ("Validation loss", "val_loss", figures.loss),
        ("Training accuracy", "train_accuracy", figures.accuracy),
        ("Validation accuracy", "val_accuracy", figures.accuracy),
        ("Time", "seconds", figures.seconds),
    )
    return Table(
        "epoch-table",
        text("Every epoch: means over its batches."),
        (
            Column("Epoch", numeric=True),
            *(Column(title, numeric=True) for title, _, _ in metrics),
        ),
        tuple(
            (
                cell(run, epoch, "epoch", lambda n: str(int(n))),
                *(cell(run, epoch, metric, write) for _, metric, write in metrics),
            )
            for epoch in run.epochs
        ),
        number=1,
    )


def glance_of(run: Run, remarks: Sequence[Statement] = ()) -> Glance:
    items = [
        Item("Model", text("distilbert-base-uncased, from the hub's local cache")),
        Item("Engine", text("cached: the frozen encoder ran once, the head on what was kept")),
    ]
    if run.model is not None:
        items.append(
            Item(
                "Parameters",
                state(
                    "{total}, {trained} of them trained",
                    total=Value("66,955,010", (evidence_of(run, run.model, "parameters"),)),
                    trained=Value(
                        "592,130", (evidence_of(run, run.model, "trainable_parameters"),)
                    ),
                ),
            )
        )
    if run.data is not None:
        items.append(
            Item(
                "Data",
                state(
                    "amazon-snippets; {train} reviews to train, {validation} to validate",
                    train=Value("1,800", (evidence_of(run, run.data, "train"),)),
                    validation=Value("200", (evidence_of(run, run.data, "validation"),)),
                ),
            )
        )
    if run.epochs and run.epochs[0].val_loss is not None:
        items.append(
            Item(
                "Validation loss",
                state(
                    "{first} at first, {last} at last",
                    first=val(run, 1, "val_loss"),
                    last=val(run, len(run.epochs), "val_loss"),
                ),
            )
        )
    return Glance(run.id, run.status, tuple(items), tuple(remarks))


@pytest.fixture(scope="session")
def rich(finished: Run) -> Report:
    """Everything that a report can hold, at the length of a real journal."""
    run = finished
    noted = START + 16.3
    pins = [
        charts.Pin(charts.epoch_position(run, noted), "1", "note during epoch 5", noted),
        charts.Pin(
            charts.epoch_position(run, noted + 4), "2", "challenge during epoch 13", noted + 4
        ),
    ]
    rise = Value(
        figures.loss((run.epochs[19].val_loss or 0) - (run.epochs[12].val_loss or 0)),
        (
            evidence_of(run, run.epochs[12], "val_loss", 13),
            evidence_of(run, run.epochs[19], "val_loss", 20),
        ),
    )
    overfitting = state(
        "Validation loss was lowest at epoch {best} ({low}) and had risen by {rise} at epoch "
        "{last}, while training loss went on falling to {train}.",
        best=val(run, 13, "epoch"),
        low=val(run, 13, "val_loss"),
        rise=rise,
        last=val(run, 20, "epoch"),
        train=val(run, 20, "train_loss"),
    )
    oom = run.all(ev.OutOfMemory)[0]
    lost = Value("0.80 s", (evidence_of(run, oom, "seconds_lost"),))
    numbers = iter(range(1, 20))

    def drawn(figure: charts.Figure | None) -> charts.Figure:
        assert figure is not None
        return dataclasses.replace(figure, number=next(numbers))

    sections = (
        Section(
            "learning-insights",
            "Learning Insights",
            Words(
                "This lab was the first time that I *saw* a model learn instead of being told so.\n"
            ),
            facts=(
                Fact("overfitting", "warning", overfitting),
                Fact(
                    "best_epoch",
                    "fact",
                    state(
                        "The best validation accuracy, {acc}, was reached at epoch {epoch}.",
                        acc=val(run, 15, "val_accuracy"),
                        epoch=val(run, 15, "epoch"),
                    ),
                ),
            ),
            figures=(
                drawn(charts.epochs_chart(run, pins)),
                drawn(charts.parameters_chart(run)),
                drawn(charts.pieces_chart(run)),
            ),
            questions=(
                Question(
                    "frozen-layers",
                    text(
                        "Which layers did you train and which did you leave frozen, and what can a "
                        "model that learns only in its last layers still not learn?"
                    ),
                    Words(ANSWER),
                    state="answered",
                ),
                Question(
                    "overfitting-shape",
                    state(
                        "Between epoch {a} and epoch {b} the two losses part. What was the model "
                        "learning then, and how would you have noticed while it ran?",
                        a=val(run, 13, "epoch"),
                        b=val(run, 20, "epoch"),
                    ),
                    Words(SHORT_ANSWER),
                    state="answered",
                ),
                Question(
                    "tokenization",
                    text(
                        "Pick one word of a review that the tokenizer cut into pieces: what does "
                        "the model see in its place, and what may get lost?"
                    ),
                    Words(""),
                ),
            ),
        ),
        Section(
            "challenges",
            "Challenges and Struggles",
            Words(""),
            facts=(
                Fact(
                    "out_of_memory",
                    "warning",
                    state(
                        "Memory did not allow a batch of 64 reviews while encoding; the run went "
                        "on with 32 and lost {lost}.",
                        lost=lost,
                    ),
                ),
            ),
            notes=(
                Note(
                    noted,
                    "note",
                    Words("Sample note: loss falls faster than I thought. Lower the rate?"),
                    text("during epoch 5 (training)"),
                ),
                Note(
                    noted + 4,
                    "challenge",
                    Words("Sample challenge: fan at full speed, the laptop slows down."),
                    text("during epoch 13 (training)"),
                ),
            ),
            questions=(
                Question(
                    "hardest-moment",
                    text(
                        "Which moment of this lab cost you the most time, and what did you try "
                        "before you found a way on?"
                    ),
                    Words(
                        "The first run died before it began. I had copied the batch size from a "
                        "machine with *four times* the memory of mine.\n\n"
                        "> restart the kernel, reduce the batch size, run again\n\n"
                        "was the advice, and it worked, but I only understood **why** when I saw "
                        "the memory chart:\n\n"
                        "1. the model alone takes more than half;\n"
                        "2. every doubling of the batch adds the same again.\n\n"
                        "```python\nfor batch in loader:\n    loss = model(**batch).loss\n```\n"
                    ),
                    state="answered",
                ),
                Question(
                    "asked",
                    text("When did you ask somebody, and how did you check the answer?"),
                    Words(""),
                    state="skipped",
                ),
            ),
        ),
        Section(
            "growth",
            "Personal Growth",
            Words(""),
            questions=(
                Question(
                    "old-divergence",
                    text("Your first run diverged at epoch 3. What did you change?"),
                    Words("I divided the learning rate by ten, and wrote down why.\n"),
                    gone=True,
                    state="answered",
                ),
                Question(
                    "next-experiment",
                    text("If you had one more run, what single thing would you change?"),
                    Words(""),
                ),
            ),
        ),
        Section(
            "critical-reflection",
            "Critical Reflection",
            Words(
                "## What the number hides\n\nAn accuracy says nothing about *whose* reviews were "
                "misread. See the table:\n\n| review | label | model |\n|---|---|---|\n"
                "| not bad at all | positive | negative |\n| could be worse | positive | negative "
                "|\n\nThe negations are not noise[^1].\n\n[^1]: Seventeen of the mistakes hold a "
                "“not”.\n"
            ),
            figures=(drawn(charts.confusion_chart(run)), drawn(charts.reliability_chart(run))),
            tables=(
                Table(
                    "mistakes",
                    text("The validation reviews that the model is most confidently wrong about."),
                    (
                        Column("Review"),
                        Column("Label"),
                        Column("Model says"),
                        Column("Confidence", numeric=True),
                    ),
                    (
                        (
                            text(
                                "Not the worst charger I have owned, but I would not buy it twice."
                            ),
                            text("negative"),
                            text("positive"),
                            text("97%"),
                        ),
                        (
                            text("I was sure it would break within a week | it did not."),
                            text("positive"),
                            text("negative"),
                            text("94%"),
                        ),
                    ),
                    number=2,
                ),
            ),
        ),
    )
    appendices = (
        Appendix(
            "epoch-by-epoch",
            "Epoch by epoch",
            figures=(drawn(charts.costs_chart(run)),),
            tables=(epoch_table(run),),
        ),
        Appendix(
            "attention",
            "Where attention goes",
            figures=tuple(map(drawn, charts.attention_charts(run))),
        ),
        Appendix(
            "memory-and-time",
            "Memory and time",
            figures=(drawn(charts.memory_chart(run, pins)), drawn(charts.phases_chart(run))),
        ),
        Appendix(
            "environment",
            "Environment",
            statements=(text("Figures were recorded while the run went on."),),
        ),
    )
    return report_of(
        run,
        sections,
        appendices=appendices,
        glances=(glance_of(run),),
        stray="A paragraph that I wrote above the first heading.\n",
        head=Head(
            "What a frozen model can still learn",
            course="Applied Deep Learning",
            module="Module 2, Lab 5: Finetuning BERT",
            instructor="Sample Instructor",
            author="Sample Student",
            date="2026-11-23",
        ),
    )


@pytest.fixture(scope="session")
def interrupted(make_run: Callable[..., Run]) -> Report:
    """A run that was cut off in its third epoch, its last line torn."""
    run = make_run(header(), MODEL, DATA, *epochs(2), torn=True)
    told = text("This run was cut off: its record has no closing event.")
    fact = Fact("too_few_epochs", "fact", state("{n} epochs.", n=val(run, 2, "epoch")))
    figure = charts.epochs_chart(run)
    assert figure is not None
    section = Section("learning-insights", "Learning Insights", Words(""), (fact,), (figure,))
    return report_of(run, [section], glances=[glance_of(run, [told])])


@pytest.fixture(scope="session")
def not_a_number(make_run: Callable[..., Run]) -> Report:
    """A run whose loss became NaN."""
    losses = [0.7, 1.9, 44.0, math.nan, math.nan]
    run = make_run(
        header(),
        *(
            ev.Epoch(time=START + n, epoch=n, train_loss=loss, val_loss=loss, val_accuracy=0.5)
            for n, loss in enumerate(losses, 1)
        ),
    )
    fact = Fact(
        "non_finite_loss",
        "warning",
        state("Training loss is {v} from epoch {e} on.", v=val(run, 4, "train_loss"), e=4),
    )
    figure = charts.epochs_chart(run)
    assert figure is not None
    section = Section("learning-insights", "Learning Insights", Words(""), (fact,), (figure,))
    appendix = Appendix("epochs", "Epoch by epoch", tables=(epoch_table(run),))
    return report_of(run, [section], appendices=[appendix])


@pytest.fixture(scope="session")
def with_gaps(make_run: Callable[..., Run]) -> Report:
    """Two epochs of twenty, from another tool's file."""
    run = make_run(
        header("import"),
        ev.Epoch(time=START, epoch=1, val_loss=0.635),
        ev.Epoch(time=START, epoch=20, val_loss=0.331, val_accuracy=0.865),
    )
    figure = charts.epochs_chart(run)
    assert figure is not None
    section = Section("learning-insights", "Learning Insights", Words(""), figures=(figure,))
    appendix = Appendix("epochs", "Epoch by epoch", tables=(epoch_table(run),))
    told = text("The imported file does not give training loss for every epoch.")
    return report_of(
        run, [section], appendices=[appendix], glances=[Glance(run.id, "completed", (), (told,))]
    )


@pytest.fixture(scope="session")
def hostile(make_run: Callable[..., Run]) -> Report:
    """Text that tries to be more than text, wherever text can come from."""
    evil = (
        "</title></style><script>alert(0)</script>\n\n"
        "# I | `am` [a](javascript:b) {{ 7*7 }} *the tool*"
    )
    run = make_run(
        header(),
        ev.PhaseFinished(time=START + 1, phase=evil, seconds=2.0),
        *epochs(3),
    )
    figure = charts.phases_chart(run)
    assert figure is not None
    statement = state("{evil} {v} > quote", evil=evil, v=val(run, 1, "val_loss"))
    table = Table("evil", text(evil), (Column(evil),), ((statement,),), number=1)
    section = Section(
        "learning-insights",
        evil,
        Words(HOSTILE),
        facts=(Fact("evil", "warning", statement),),
        figures=(figure,),
        tables=(table,),
        notes=(Note(START, "challenge", Words(HOSTILE), text(evil)),),
        questions=(
            Question("one", statement, Words(HOSTILE), state="answered"),
            Question("two", text(evil), Words("a" * 100_000 + "\n"), state="answered"),
            Question("three", text(evil), Words("> " * 500 + "deep"), gone=True, state="answered"),
            Question("four", text(evil), Words("- " * 500 + "deep"), state="answered"),
        ),
    )
    glance = Glance(run.id, "completed", (Item(evil, text(evil)),), (text(evil),))
    return report_of(
        run,
        [section],
        appendices=[Appendix("evil", f"Appendix {evil}", (statement,))],
        glances=[glance],
        stray=HOSTILE,
        head=Head(evil, evil, evil, evil, evil, evil),
    )


WORLDLY = """\
中文：模型学会了什么？学习率太高时，损失会发散。日本語：この実験で学んだこと。 한국어: 배운 것.

Ελληνικά, Кириллица, हिन्दी, 😀🤖, and ligatures ﬁ, quotes „so“, arrows →, checks ✓, a box \ue000.

התיקון היה פשוט: קצב למידה נמוך יותר. *תיקון* ועוד **מילים** `code` 0.331.

- التعلم العميق يحتاج إلى صبر
- شيء آخر

> اقتباس

The loss is $-\\frac{1}{N}\\sum_{i=1}^N y_i\\log\\hat{y}_i$, and with a display:

$$
\\mathrm{softmax}(z)_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}
$$

A matrix, $\\begin{pmatrix}a&b\\\\c&d\\end{pmatrix}$, GitHub's form $`x^2`$, and prices: $5 and $6.
What runs away stays as typed: $$\\def\\a{\\a\\a}\\a$$.
"""


@pytest.fixture(scope="session")
def worldly(make_run: Callable[..., Run]) -> Report:
    """Letters of many scripts, from both sides, and formulas."""
    run = make_run(header(), *epochs(3))
    said = state("学习 {v} {name}", v=val(run, 1, "val_loss"), name="עברית")
    section = Section(
        "learning-insights",
        "学到的东西",
        Words(WORLDLY),
        facts=(Fact("fact", "fact", said),),
        questions=(Question("one", said, Words(WORLDLY), state="answered"),),
    )
    head = Head("学习日志 ועוד", author="山田 太郎", course="תקווה")
    return report_of(run, [section], head=head)


@pytest.fixture(scope="session")
def endless(make_run: Callable[..., Run]) -> Report:
    """Thirty thousand words."""
    paragraph = "The lesson of *this* epoch was patience, and `loss` fell " + "slowly " * 90
    words = "\n\n".join(
        f"{'- ' if n % 5 == 0 else ''}{paragraph}[^{n}]\n\n[^{n}]: A note." for n in range(300)
    )
    answers = [Words(part) for part in (words, words.replace("lesson", "second lesson"))]
    section = Section(
        "growth",
        "Personal Growth",
        Words(""),
        questions=tuple(
            Question(f"q{n}", text("What did you learn?"), said, state="answered")
            for n, said in enumerate(answers)
        ),
    )
    return report_of(make_run(header()), [section], stray="lesson " * 2_500 + "the last word")


@pytest.fixture(scope="session")
def empty(make_run: Callable[..., Run]) -> Report:
    """A report that holds nothing but its title."""
    return report_of(make_run(header()), [])


@pytest.fixture(scope="session")
def long(make_run: Callable[..., Run]) -> Report:
    """Two hundred epochs, and a second run beside them."""
    run = make_run(header(), *epochs(200))
    figure = charts.epochs_chart(run)
    assert figure is not None
    section = Section("learning-insights", "Learning Insights", Words(""), figures=(figure,))
    appendix = Appendix("epochs", "Epoch by epoch", tables=(epoch_table(run),))
    glances = [glance_of(run), Glance("earlier-run", "failed", ())]
    return report_of(run, [section], appendices=[appendix], glances=glances)


@pytest.fixture(scope="session")
def what_ifs(tmp_path_factory: pytest.TempPathFactory, write_cell: Callable[..., Path]) -> Report:
    """A run and the twenty-four runs that vary its settings."""
    folder = Folder(tmp_path_factory.mktemp("what-ifs"))
    (folder.root / "journal.toml").write_text('title = "What if"')
    was = {"learning_rate": 0.005, "unfreeze": 0, "train_size": None, "class_weights": None}
    write_cell(folder.runs_dir, was, None, run_id="own", wrong=50, losses=(0.7, 0.6, 0.5, 0.45))
    tried = [
        {}, {"learning_rate": 0.001}, {"learning_rate": 0.05}, {"unfreeze": 1}, {"unfreeze": "all"},
        {"train_size": 500}, {"class_weights": "balanced"}, {"learning_rate": 0.05, "unfreeze": 1},
    ]  # fmt: skip
    for number, own in enumerate(tried):
        for seed in (1, 2, 3):
            write_cell(
                folder.runs_dir, {**was, **own}, was, run_id=f"cell-{number}-{seed}", of="own",
                seed=seed, wrong=52 - 6 * number + seed, started=START + 60.0 * number,
            )  # fmt: skip
    planned = plan(folder)
    return assemble(planned, merge(None, planned.outline))


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory: pytest.TempPathFactory, write_cell: Callable[..., Path]) -> Report:
    """A run that diverged, and the next with a lower learning rate."""
    folder = Folder(tmp_path_factory.mktemp("two-runs"))
    (folder.root / "journal.toml").write_text('title = "Twice"')
    tried = (
        ("first", {"learning_rate": 0.5, "batch_size": 16}, 90, (0.7, 1.9, 4.4, 9.1, 12.6)),
        ("second", {"learning_rate": 0.005, "batch_size": 16}, 40, (0.7, 0.6, 0.5, 0.45, 0.42)),
    )
    for number, (run_id, config, wrong, losses) in enumerate(tried):
        write_cell(
            folder.runs_dir, config, None, run_id=run_id, wrong=wrong, losses=losses,
            started=START + 600.0 * number,
        )  # fmt: skip
    planned = plan(folder)
    words = "# Personal Growth\n\nThe second time I changed *one* thing, and only one.\n"
    return assemble(planned, merge(words, planned.outline))


REPORTS = (
    *("rich", "interrupted", "not_a_number", "with_gaps", "hostile", "worldly", "empty", "long"),
    *("what_ifs", "two_runs"),
)


@pytest.fixture(params=REPORTS)
def any_report(request: pytest.FixtureRequest) -> Report:
    """Each of the reports in turn."""
    report: Report = request.getfixturevalue(request.param)
    return report
