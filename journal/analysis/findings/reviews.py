"""What the reviews themselves do to the figures: one common label, shared texts, lost endings."""

from __future__ import annotations

from journal.analysis import figures
from journal.analysis.finding import Finding
from journal.analysis.sample import commonest_label, validation_size
from journal.analysis.statement import Value, evidence_of, state, text
from journal.record.run import Run

COMMON = 0.7
"""Share of the commonest label beyond which labels are called unbalanced."""
SHORTENED = 0.05
"""Share of reviews that lost their end beyond which it is worth a warning."""


def class_imbalance(run: Run) -> Finding | None:
    """The commonest label's share of all reviews, both splits together, exceeds 0.7.

    Where labels were not counted, its share of the validation split is taken, if that was told.
    """
    common = commonest_label(run, validation_only=False)
    if common is None or common.share <= COMMON:
        return None
    share = Value(figures.percent(common.share), common.evidence)
    plain = Value(figures.accuracy(common.share), common.evidence)
    if common.total is None:
        named = text("the commonest label")
        opening = state("{share} of the validation reviews have {named}", share=share, named=named)
    else:
        named = text(f"'{common.label}'")
        opening = state(
            "{share} of the {total} reviews are labeled {named}",
            share=share,
            total=Value(figures.count(common.total), common.evidence),
            named=named,
        )
    return Finding(
        id="class_imbalance",
        kind="warning",
        section="critical-reflection",
        statement=state(
            "{opening}, so that {answer} would already reach an accuracy of about {plain}.",
            opening=opening,
            answer=common.answer,
            plain=plain,
        ),
        questions=(
            state(
                "With {share} of the reviews labeled {named}, what does this run's accuracy say "
                "about the others, and which figure would say more?",
                share=share,
                named=named,
            )
            if common.total is not None
            else state(
                "With {share} of the reviews under one label, what does this run's accuracy say "
                "about the others, and which figure would say more?",
                share=share,
            ),
        ),
        weight=62,
        about="constant answer",
    )


def leakage(run: Run) -> Finding | None:
    """Validation texts that also stand, character for character, in training.

    One is enough to say so. Texts that differ by a space are not counted, so the truth may be worse
    than the figure.
    """
    data = run.data
    if data is None or not data.shared_texts:
        return None
    shared = Value(figures.count(data.shared_texts), (evidence_of(run, data, "shared_texts"),))
    size = validation_size(run)
    of = text(" of the")
    if size is not None:
        of = state(" of the {n}", n=Value(figures.count(size[0]), (size[1],)))
    return Finding(
        id="leakage",
        kind="warning",
        section="critical-reflection",
        statement=state(
            "{shared}{of} validation "
            + ("reviews also stands" if data.shared_texts == 1 else "reviews also stand")
            + " in the training split.",
            shared=shared,
            of=of,
        ),
        questions=(
            state(
                "The model had already seen {shared} of the reviews that it was then tested on: in "
                "which direction does that move the validation accuracy, and how would you find "
                "out by how much?",
                shared=shared,
            ),
        ),
        weight=80,
    )


def truncated_text(run: Run) -> Finding | None:
    """More than 5 % of the reviews lost their end to the length limit.

    What was cut is counted in reviews; the record does not tell how much of each was lost.
    """
    data = run.data
    if data is None or data.tokens is None:
        return None
    sizes = ("train", "validation")
    known = all(getattr(data, split) is not None for split in sizes)
    fields = sizes if known else ("rows",)
    total = sum(getattr(data, field) or 0 for field in fields)
    truncated = data.tokens.truncated
    if not total or truncated > total or truncated / total <= SHORTENED:
        return None
    lost = evidence_of(run, data, "tokens.truncated")
    among = tuple(evidence_of(run, data, field) for field in fields)
    count = Value(figures.count(truncated), (lost,))
    return Finding(
        id="truncated_text",
        kind="warning",
        section="critical-reflection",
        statement=state(
            "{count} of the {total} reviews ({share}) were longer than the model can read and "
            "lost their end.",
            count=count,
            total=Value(figures.count(total), among),
            share=Value(figures.percent(truncated / total), (lost, *among)),
        ),
        questions=(
            state(
                "What do people write at the end of a long review, and what does the model miss in "
                "the {count} that were cut?",
                count=count,
            ),
        ),
        weight=50,
    )
