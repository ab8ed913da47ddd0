"""What each number of a sentence is said of, as far as the words tell.

A number is read by what stands right beside it first (``20 epochs``, ``learning rate 0.005``), then
by the nearest mention before it in the sentence, then by the one after it, then by what the
sentence before spoke of in the same paragraph. What is wished, planned, expected or told of others
claims nothing; whether it is so is judged clause by clause.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from journal.analysis.claims import cues, nouns
from journal.analysis.claims.changes import change_of
from journal.analysis.claims.compare import Hedge
from journal.analysis.claims.model import Number
from journal.analysis.claims.places import pair_of, place_of, with_epoch
from journal.analysis.claims.reading import Reading
from journal.analysis.claims.sentence import CURVE, Mention, Sentence

_MOVED = re.compile(r"\s(?:\w+\s)?(?:to|until|up\sto|down\sto)\s(?:about\s|only\s|just\s)?\$?$")
_OTHER_MODEL = re.compile(r"(?<![a-z])(?:distilbert|my\smodel|the\smodel|our\smodel|fine[- ]tuned)")
_REACHED = re.compile(
    r"(?<![a-z])(?:got|get|reached|reaches|ended|ends|stopped|stop|landed|arrived?|achieved|scored|finished|hit|obtained|have|climbed)"
    r"(?![a-z])"
)
_DENIED = re.compile(r"(?<![a-z])(?:not|never|nor|no|\w+n.t)(?![a-z])|(?:down|up)\s$")
_DIFFERENCE = re.compile(
    r"(?<![a-z])(?:gap|delta|difference|differ|apart|margin|per\sepoch|interval|gains?|ratio|(?:lower|higher|less|more)\sthan\s(?:at|in)\s|standard|deviation)"
)
_NAMES = {
    "learning_rate": "learning_rate",
    "batch_size": "batch_size",
    "validation_batch_size": "validation_batch_size",
    "seed": "seed",
    "oom": "out_of_memory_count",
    "restart": "restart_count",
    "layers": "layers",
    "threads": "threads",
    "epochs": "epochs",
}


def readings(one: Sentence) -> list[Reading]:
    """One for each number that may claim something."""
    if not one.all:
        return []
    planned = bool(one.stretch.lead and cues.PLANS.search(one.stretch.lead.lower()))
    made: list[Reading] = []
    values: list[Number] = []
    for number in one.all:
        if planned or _told_of_others(one, number):
            continue
        if number in one.places:
            made.append(place_of(one, number))
            one.last_epoch = int(number.value)
            continue
        reading = _read(one, number, values[-1] if values else None, made)
        if reading is not None:
            made.append(reading)
            values.append(number)
    return made


def _told_of_others(one: Sentence, number: Number) -> bool:
    begin, end = one.clause(number.start)
    if any(begin <= m.start() < end for m in (*one.others, *one.plans)):
        return True
    ahead = one.after(number, 40)
    return bool(re.match(r"\s\w{0,9}\s?(?:that|which)\si\s(?:was|had|am|have)?\s?\w", ahead)) and (
        cues.PLANS.search(ahead) is not None or "remember" in ahead
    )


def _near_mention(one: Sentence, number: Number, fits: set[str]) -> Mention | None:
    ahead = [m for m in one.mentions if m.start >= number.end and m.family in fits]
    behind = [m for m in one.mentions if m.end <= number.start and m.family in fits]
    named = [m for m in behind if m.name and m.end <= one.stretch.before]
    if named:
        return named[-1]
    if behind and number.start - behind[-1].end <= 4:
        return behind[-1]
    parallel = _parallel(one, number, behind)
    if parallel is not None:
        return parallel
    if ahead and ahead[0].family in {*CURVE, "precision", "recall"}:
        gap = one.low[number.end : ahead[0].start]
        if len(gap) <= 14 and re.fullmatch(
            r"[\s$*`]{0,2}(?:of\s|for\s)?(?:final\s)?(?:val(?:idation)?|train(?:ing)?|test)?[\s._]{0,2}",
            gap,
        ):
            return ahead[0]
    if behind:
        return behind[-1]
    told = {*CURVE, "precision", "recall"}
    return next((m for m in ahead if m.family in told), None)


def _parallel(one: Sentence, number: Number, behind: Sequence[Mention]) -> Mention | None:
    """Two mentions in a row, then two figures in a row, are told in the same order."""
    if len(behind) < 2 or behind[-1].family not in CURVE:
        return None
    first, second = behind[-2], behind[-1]
    if first.family != second.family or first.split == second.split:
        return None
    values = [
        n
        for n in one.all
        if n is number
            or (n not in one.places and not n.ordinal and n.unit in {"", "%"} and not n.whole)
    ]  # fmt: skip
    between = [n for n in values if first.end <= n.start < second.start]
    later = [n for n in values if n.start >= second.end]
    if between or len(later) != 2:
        return None
    return first if later[0] is number else second


def _read(
    one: Sentence, number: Number, previous: Number | None, made: list[Reading]
) -> Reading | None:
    before, after = one.before(number), one.after(number)
    if number.ordinal and not re.search(r"epoch\D{0,40}$", before):
        return None
    if number.ordinal:
        if re.search(r"best\sepoch\D{0,40}$", before):
            metric = "best_accuracy_epoch" if "accuracy" in before else "best_epoch"
            return Reading(number, ((metric, ""),))
        return None
    hedge = _hedge(one, before, after)
    change = change_of(one, number, before, after, hedge)
    if change is not None:
        return change
    named = nouns.beside(number, before, after, one.low, one.clause(number.start))
    if named is not None:
        return (
            None
            if not named.metrics
            else Reading(number, named.metrics, certain=named.certain, hedge=hedge)
        )
    if cues.NO_FIGURE_BEFORE.search(before) or cues.NO_FIGURE_AFTER.match(after):
        return None
    if number.whole and re.search(r"[\w]$", before) and not before[-1:].isspace():
        return None
    return _figure(one, number, previous, made, hedge)


def _hedge(one: Sentence, before: str, after: str) -> Hedge:
    for pattern, kind in cues.HEDGES:
        if pattern.search(before):
            return kind  # type: ignore[return-value]
    return "about" if cues.ROUGH_AFTER.match(after) else ""


def _figure(
    one: Sentence, number: Number, previous: Number | None, made: list[Reading], hedge: Hedge
) -> Reading | None:
    """A figure of a curve, a share or a setting, by what is mentioned around it."""
    if number.value == 1 and number.whole and one.low[number.start : number.end] == "one":
        return None
    fits = _fitting(number)
    mention = _near_mention(one, number, fits)
    certain = True
    if mention is None or (mention.family == "learning_rate" and mention.end < number.start - 40):
        carried = one.topic.mention
        begin, end = one.clause(number.start)
        clause = one.low[begin:end]
        like = [m for m in made if m.metrics[0][0].endswith("accuracy") and m.number.unit == "%"]
        if number.unit == "%" and like and not like[-1].change:
            return with_epoch(
                one,
                replace(
                    like[-1],
                    number=number,
                    hedge=hedge,
                    epoch=None,
                    when="",
                    pair="",
                    moved=False,
                ),
            )
        if number.unit == "%" and (
            _OTHER_MODEL.search(clause)
            or _REACHED.search(clause)
            or cues.SPLIT.search(clause)
            or carried is not None
        ):
            mention = Mention(0, 0, "accuracy", carried.split if carried else "", told=False)
            certain = bool(carried) or _REACHED.search(clause) is not None
        elif carried is not None and carried.family in fits and not number.whole:
            mention = replace(carried, told=False)
        elif one.low.startswith("from ") and "epochs" in one.low and not number.whole:
            return Reading(number, (("val_loss", ""),), certain=False, hedge=hedge)
        else:
            return None
    family = mention.family
    if family == "baseline":
        if number.unit != "%" and not 0 < number.value < 1:
            return None
        ahead = one.low[mention.end : number.start]
        if _OTHER_MODEL.search(ahead):
            family, mention = "accuracy", Mention(0, 0, "accuracy", "val")
        elif not mention.name:
            return None
        else:
            either = (("baseline_accuracy", mention.name), ("val_accuracy", ""))
            return Reading(number, either, hedge=hedge)
    if family in {"precision", "recall"}:
        return _label_score(one, number, family, hedge)
    if family not in CURVE:
        gap = one.low[mention.end : number.start] if mention.end <= number.start else "  "
        if re.search(r"\d", gap) or (len(gap) > 16 and not one.stretch.before):
            return None
        if family == "epochs" and "," in gap and not one.stretch.before:
            return None
        if len(gap) > 40 or (
            family in {"oom", "restart", "memory", "layers", "threads", "epochs"} and len(gap) > 12
        ):
            return None
        metric = _NAMES.get(family)
        if metric is None:
            return None
        if metric == "batch_size" and one.mentions and any(m.family == "oom" for m in one.mentions):
            return Reading(number, (("batch_size", ""), ("tried_size", "")), certain=False)
        sure = "to" not in gap.split() and not nouns.VARIED.search(one.low)
        return Reading(number, ((metric, ""),), hedge=hedge, certain=sure)
    if mention.split == "test":
        return Reading(number, (("test", ""),), hedge=hedge)
    if number.whole and family == "loss" and not 0 <= number.start - mention.end <= 12:
        return None
    split = mention.split or "val"
    metrics = [(f"{split}_{family}", "")]
    beside = 0 <= number.start - mention.end <= 3 and "/" not in one.low
    if not mention.split or not mention.told or (_both_splits(one) and not beside):
        other = "train" if split == "val" else "val"
        metrics.append((f"{other}_{family}", ""))
    lead = one.before(number, 40)
    begin, _ = one.clause(number.start)
    lead = lead[max(0, len(lead) - (number.start - begin)) :]
    compared = any(m.family == "baseline" for m in one.mentions)
    unusual = compared or (number.whole and family == "loss")
    if unusual or _DIFFERENCE.search(one.low) or _DENIED.search(lead):
        certain = False
    pair, partner = pair_of(one, number, previous)
    if pair == "to" and mention.start > number.start:
        certain = False
    if pair == "to" and partner is not None and made:
        for place in range(len(made) - 1, -1, -1):
            if made[place].number is partner:
                kept = "from" if made[place].pair != "to" else "within"
                made[place] = with_epoch(one, replace(made[place], pair=kept))  # type: ignore[arg-type]
                break
    reading = Reading(
        number,
        tuple(metrics),
        certain=certain,
        hedge=hedge,
        pair=pair,
        way=one.way(number),
        moved=_MOVED.search(one.before(number, 24)) is not None,
    )
    return with_epoch(one, reading)


def _both_splits(one: Sentence) -> bool:
    """Whether a sentence speaks of both splits, so that its figures may be of either."""
    told = {m.lastgroup for m in cues.SPLIT.finditer(one.low)}
    return {"val", "train"} <= told


def _label_score(one: Sentence, number: Number, family: str, hedge: Hedge) -> Reading | None:
    behind = [m for m in one.labels if m.end() <= number.start]
    ahead = [m for m in one.labels if m.start() >= number.end]
    label = behind[-1][0] if behind else ahead[0][0] if ahead else ""
    if not label:
        return None
    told = [m for m in one.mentions if m.family in {"precision", "recall"}]
    begin, _ = one.clause(number.start)
    if told and not any(m.end > begin for m in told if m.end <= number.start) and len(told) > 1:
        return Reading(number, (("precision", label), ("recall", label)), certain=False)
    if ahead and re.fullmatch(r"[^,;.]{0,16}", one.low[number.end : ahead[0].start()]):
        label = ahead[0][0]
    return Reading(number, ((family, label),), hedge=hedge)


def _fitting(number: Number) -> set[str]:
    """The families that a number written like this can be of."""
    if number.unit in {"%", "share"}:
        return {"accuracy", "precision", "recall", "baseline"}
    if number.unit:
        return set()
    if number.whole:
        made = {"batch_size", "validation_batch_size", "seed", "oom", "restart", "layers"}
        made |= {"threads", "epochs", "learning_rate"}
        return made | ({"loss"} if 2 <= number.value < 100 else set())
    if 0 < number.value < 1:
        return {"loss", "accuracy", "precision", "recall", "baseline", "learning_rate"}
    return {"loss", "learning_rate", "accuracy"}
