"""Numbers that the noun or the unit beside them explains: counts, sizes, times, parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from journal.analysis.claims import cues
from journal.analysis.claims.model import Number

Metrics = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Named:
    """What a number is a count or a measure of; no metrics where it claims nothing.

    Attributes:
        certain: the noun says exactly which figure is meant.
    """

    metrics: Metrics
    certain: bool = True


_NOTHING = Named(())
VARIED = re.compile(
    r"(?<![a-z])(?:from|first|second|try|tried|instead|before|others?|crash\w{0,3}|default"
    r"|diverg\w{0,4}"
    r"|lower\w{0,3}|rais\w{0,3}|reduc\w{0,3}|chang\w{0,3}|increas\w{0,3}|went|back)(?![a-z])"
)
"""Words that tell of more values than one: a setting that was tried, or changed."""
_TOTAL = re.compile(
    r"(?<![a-z])(?:trained|train|ran|run|had|has|have|lasted|did|used|during|make|made|let it run)"
    r"(?:\sit)?(?:\sfor)?(?:\sonly|\sjust|\sduring)?\s\$?$"
)
_OTHER_MODELS = re.compile(r"(?<!distil)bert|gpt|llama|t5(?![a-z0-9])|lstm|electra")
_EPOCHS = re.compile(r"\s?\$?\s?(?:training\s|full\s|whole\s)?epochs?(?![a-z])")
_LATER = re.compile(r"\s?\$?\s?\w*\s?epochs?\s(?:later|earlier|more|ago|before|too|of\swaiting)")
_PARAMETERS = re.compile(
    r"\s(?:of\s)?(?:the\s)?(?:(?P<train>train(?:able|ed))|frozen|total|model)?\s?param"
)
_REVIEWS = re.compile(
    r"\s(?:of\s(?:the|my)\s)?(?:[a-z]+[\s-]){0,2}?(?:reviews?|rows|examples|samples|texts|sentences|instances|data\spoints)(?![a-z])"
)
_TOKENS = re.compile(r"\s?\w{0,8}\s?tokens?(?![a-z])")
_KINDS_OF_LENGTH = re.compile(r"longest|at\smost|maximum|max|mean|average|avg|median")
_SETTING = re.compile(
    r"(?<![a-z])(?:(?P<learning_rate>learning[\s_-]rate|lr|\\eta|\u03b7)|(?P<validation_batch_size>validation)"
    r"|(?P<batch_size>batch(?:[\s_-]?size)?|batches\sof)|(?P<seed>seed)|(?P<epochs>epochs)|(?P<restart_count>restarts))"
    r"(?:\s(?:of|was|is|to|at|from|stayed|were))?[\s:=`$*]{0,4}(?:of\s)?\$?$"
)
_ROWS: Metrics = tuple(
    (metric, "")
    for metric in ("rows", "train_rows", "val_rows", "rows_read", "label_count", "correct",
                   "mistakes", "truncated", "dropped")
)  # fmt: skip
_TIMES: Metrics = (("run_seconds", ""), ("phase_seconds", ""), ("epoch_seconds", ""))
_SIDE_COUNTS = re.compile(r"\s?/\s?\d")
_TRAINED = re.compile(
    r"\s(?:of\sthem\s)?(?:(?:were|are|was|is|got)\s)?(?:trained|trainable|move)(?![a-z])"
)


def beside(
    number: Number, before: str, after: str, low: str, clause: tuple[int, int]
) -> Named | None:
    """What stands right beside the number; None where nothing there explains it."""
    around = low[clause[0] : clause[1]]
    if number.unit == "s":
        return _time(number, low, around)
    if number.unit == "bytes":
        return _memory(low, around)
    if number.unit == "times":
        return _times(low)
    share = _share(number, low, around, after)
    if share is not None:
        return share
    if number.unit:
        return None
    setting = _SETTING.search(before)
    if setting is not None and setting.lastgroup != "validation_batch_size":
        name = setting.lastgroup or ""
        if name == "batch_size" and re.search(r"(?<![a-z])(?:oom|out of memory)", low):
            return Named((("tried_size", ""), ("batch_size", "")), certain=False)
        if name == "batch_size" and "valid" in low:
            both = (("batch_size", ""), ("validation_batch_size", ""))
            return Named(both, certain=VARIED.search(low) is None)
        if name != "learning_rate" and not number.whole:
            return None
        if not re.match(r"\s(?:transformer\s)?(?:layers|epochs|batches)", after):
            return Named(((name, ""),), certain=VARIED.search(low) is None)
    if setting is not None and "batch" in low[: number.start]:
        return Named((("validation_batch_size", ""),))
    return _count(number, before, after, low, around)


def _count(number: Number, before: str, after: str, low: str, around: str) -> Named | None:
    if _EPOCHS.match(after):
        if re.match(r"\s\$?epochs?\slater", after) and number.value > 1:
            return Named((("epochs", ""),), certain=False)
        if _LATER.match(after) or cues.RELATIVE_EPOCHS.search(before) or number.value < 1:
            return _NOTHING
        if number.value == 1:
            return _NOTHING
        total = _TOTAL.search(before) or re.match(r"\s\$?epochs\sin\s(?:all|total)", after)
        other = re.search(r"(?<![a-z])(?:first|second|earlier|other)(?![a-z])", low)
        return Named((("epochs", ""),), certain=bool(total) and not other and "until" not in after)
    if _PARAMETERS.match(after) or _TRAINED.match(after) or _of_parameters(number, after):
        trained = _TRAINED.match(after) or _of_parameters(number, after)
        found = _PARAMETERS.match(after)
        if found is not None and found["train"]:
            trained = found
        if trained or re.search(r"(?:only|trained|train|update|change)\s$", before):
            return Named((("trainable_parameters", ""), ("parameters", "")))
        if number.value < 1000:
            return None
        known = ("parameters", "trainable_parameters", "frozen_parameters", "group_parameters")
        return Named(tuple((metric, "") for metric in known),
                     certain="froz" not in around and not _OTHER_MODELS.search(low))  # fmt: skip
    if (
        number.value >= 1000
        and "param" in low
        and re.search(r"(?<![a-z])train|(?<![a-z])(?:fewer|only)", low)
        and (number.step < number.value / 50 or number.value >= 1e5)
    ):
        if re.search(r"of\s(?:the\s)?$", before):
            return Named((("parameters", ""),))
        return Named((("trainable_parameters", ""), ("parameters", "")), certain=False)
    if re.match(r"\s(?:ooms?|out[\s-]of[\s-]memory|memory\serrors|such\serrors)", after):
        if "such" in after[:6] and "memory" not in low:
            return Named((("out_of_memory_count", ""),), certain=False)
        return Named((("out_of_memory_count", ""),))
    if re.match(r"\srestarts?(?![a-z])", after):
        return Named((("restart_count", ""),))
    if re.match(r"\s(?:transformer\s|encoder\s|frozen\s)?layers", after):
        return Named((("layers", ""),), certain="transformer" in after[:14] or "has" in before)
    if re.match(r"\s(?:cpu\s)?threads", after):
        return Named((("threads", ""),), certain=False)
    if _TOKENS.match(after) or (
        "token" in low and number.value >= 2 and re.search(r"average|mean|longest|median", before)
    ):
        return _tokens(before[-40:], re.split(r"[\d,;]", after)[0])
    if _REVIEWS.match(after) or _SIDE_COUNTS.match(after) or "/" in before[-2:]:
        return _reviews(number, before, after, low, around)
    if re.match(r"\s(?:for\s)?(?:validat|of\sthem\sfor\svalid)", after) and number.value >= 10:
        return Named((("val_rows", ""),))
    if re.match(r"\s(?:of\s(?:them|they)\s)?for\strain", after):
        return Named((("train_rows", ""),))
    if re.match(r"\s(?:of|out\sof)\s(?:the\s)?\d", after) and number.whole:
        if re.search(r"(?<![a-z])(?:right|correct)", low):
            return Named((("correct", ""),), certain=_whole_split(low))
        if re.search(r"(?<![a-z])(?:wrong|mistakes|misclassif|errors)", low):
            return Named((("mistakes", ""),), certain=_whole_split(low))
    if re.match(r"\s(?:had\sno|were\sdropped|without|missing|dropped)", after) and "row" in low:
        return Named((("dropped", ""),))
    if number.value > 99 and number.whole and re.search(r"left\s(?:exactly\s)?$", before):
        return Named((("rows", ""),), certain=False)
    if number.whole and re.search(r"(?:train|trained|ran|run)\sfor\s$", before):
        return Named((("epochs", ""),), certain=False)
    if (
        number.whole
        and number.value > 20
        and re.search(r"reviews?,?\s(?:value|count|number|n)?:?\s{0,3}$", before)
    ):
        return Named((("rows", ""), ("train_rows", ""), ("val_rows", "")), certain=False)
    return None


def _whole_split(low: str) -> bool:
    return "validation" in low and not re.search(r"negative|positive|neutral|class(?![a-z])", low)


def _of_parameters(number: Number, after: str) -> bool:
    if number.value < 1000:
        return False
    return re.match(r"\sof\s(?:the\s)?[\d,. ]{5,14}\s(?:million\s)?param", after) is not None


def _reviews(number: Number, before: str, after: str, low: str, around: str) -> Named | None:
    if number.value < 2:
        return None
    found = _REVIEWS.match(after)
    noun = found[0] if found else ""
    if _SIDE_COUNTS.match(after):
        return Named((("train_rows", ""), ("rows", "")), certain=False)
    if before[-1:] == "/":
        return Named((("val_rows", ""),), certain=False)
    if re.search(r"(?:batch|batches)\s(?:\w+\s){0,2}(?:of\s)?$", before) or "each batch" in around:
        if re.search(r"out of memory|oom", low):
            return Named((("tried_size", ""), ("batch_size", "")), certain=False)
        return Named((("batch_size", ""),))
    if re.search(r"(?<![a-z])(?:read|file|raw)", around) and "row" in noun:
        return Named((("rows_read", ""), ("rows", "")), certain=False)
    if re.search(r"negative|positive|neutral", around):
        return Named(_ROWS, certain=False)
    local = re.split(r"\d", after)[0]
    if re.search(r"reviews\s(?:for|to)\s(?:the\s)?train", local):
        return Named((("train_rows", ""),))
    if re.search(r"\b(?:for|to)\s(?:the\s)?validat", around) and "train" in around:
        return Named((("val_rows", ""), ("train_rows", "")))
    if re.search(r"validat|val\s|held", noun) or re.search(
        r"held\sback|held\sout|\bto\svalidat|\bfor\svalidat", around
    ):
        return Named((("val_rows", ""), ("label_count", "")))
    if re.search(r"train", noun) or re.search(
        r"\b(?:for|to)\s(?:the\s)?train|in\straining", around
    ):
        return Named((("train_rows", ""),))
    return Named(_ROWS, certain=False)


def _tokens(before: str, after: str) -> Named:
    told = list(_KINDS_OF_LENGTH.finditer(before)) or list(_KINDS_OF_LENGTH.finditer(after))
    word = told[-1][0] if told else ""
    lengths: Metrics = (("mean_tokens", ""), ("median_tokens", ""), ("longest_tokens", ""))
    if word == "longest":
        return Named((("longest_tokens", ""), *lengths))
    if word in {"mean", "average", "avg"}:
        return Named(lengths, certain=len(told) == 1)
    if word == "median":
        return Named((("median_tokens", ""), *lengths))
    return Named((("longest_tokens", ""), ("mean_tokens", ""), ("max_length", "")), certain=False)


def _time(number: Number, low: str, around: str) -> Named:
    if re.search(r"per\sepoch|(?:one|each|every|an)\sepoch|epoch\stimes?|epochs\stook", low):
        own = re.search(r"per\sepoch|(?:one|each|every|an)\sepoch", around) is not None
        return Named((("epoch_seconds", ""), *_TIMES), certain=own)
    phase = re.search(
        r"(?<![a-z])(encoding|tokenizing|loading\sdata|loading\smodel|predicting)(?![a-z])", around
    )
    if phase is not None:
        return Named((("phase_seconds", phase[1]),))
    if re.search(r"(?<![a-z])training\salone", low):
        return Named((("phase_seconds", "training"),))
    if re.search(r"(?<![a-z])(?:lost|oom|ooms|restart|crash(?:ed)?)(?![a-z])", around) or (
        "cost me" in around
    ):
        certain = "together" in around or "in all" in around
        return Named((("seconds_lost", ""),), certain=certain and "incl" not in low)
    if re.search(r"(?<![a-z])me\s", around) and "in all" not in low and "all in all" not in low:
        return Named((("run_seconds", ""),), certain=False) if "run" in around else _NOTHING
    if re.search(
        r"(?<![a-z])(?:took|takes|taking|run\s?time|run|total|time|lasted|training|needed)(?![a-z])",
        low,
    ):
        sure = (
            re.search(r"loading|download|install|try|crash|encod|tokeni|wait|minutes?\sand", low)
            is None
        )
        return Named(_TIMES, certain=sure)
    return Named((("run_seconds", ""),), certain=False) if "all in all" in low else _NOTHING


def _memory(low: str, around: str) -> Named:
    if re.search(
        r"(?<![a-z])(?:laptop|machine|computer|gpu|card|has|have|enough|tried|free|installed|buy)(?![a-z])",
        around,
    ):
        return _NOTHING
    if re.search(r"(?<![a-z])(?:peak(?:ed)?|memory|ram|used|need(?:ed|s)?|mine)(?![a-z])", low):
        sure = re.search(r"peak|at\smost|maximum|max", low) and not re.search(
            r"(?<![a-z])(?:from|after|before|then|more|loading)(?![a-z])", low
        )
        return Named((("peak_rss_bytes", ""),), certain=bool(sure))
    return _NOTHING


def _times(low: str) -> Named | None:
    if re.search(r"memory|(?<![a-z])oom", low):
        return Named((("out_of_memory_count", ""),))
    if re.search(r"restart", low):
        return Named((("restart_count", ""),))
    if re.search(r"seen\sthe\sreviews", low):
        return Named((("epochs", ""),))
    return _NOTHING


def _share(number: Number, low: str, around: str, after: str) -> Named | None:
    """A part of the reviews that are right or wrong, or of the parameters that train."""
    if number.unit not in {"%", "share"}:
        return None
    if re.search(r"(?:parameters|of\sthe\smodel)(?![a-z])", around) and number.value < 0.6:
        return Named((("trainable_share", ""),), certain="train" in low or "change" in low)
    if number.unit == "%" and re.search(r"(?<![a-z])(?:loss|accuracy|acc)(?![a-z])", around):
        return None
    if re.search(
        r"(?<![a-z])(?:wrong|misclassified|mistakes|errors?|incorrect\w{0,2}|mistaken)(?![a-z])",
        low,
    ):
        sure = number.unit == "share" and not re.search(r"negative|positive|neutral", low)
        return Named((("mistakes", ""),), certain=sure)
    if re.search(r"(?<![a-z])(?:right|correct(?:ly)?)(?![a-z])", low):
        return Named((("correct", ""),), certain=number.unit == "share" or "valid" in low)
    found = re.search(r"of\sthe\s(\w+)\s(?:reviews\s(?:are|were)\sfound|ones)", low)
    if found is not None and number.unit == "%":
        own = re.match(r"\sof\s(?:the\s)?(\w+)\s(?:reviews|ones)", after)
        return Named((("recall", own[1]),), certain=False) if own else None
    return _NOTHING if number.unit == "share" else None
