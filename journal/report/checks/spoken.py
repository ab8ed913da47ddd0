"""Whether the student's words speak of what went wrong in the run.

What is looked for is only whether a thing is named, by any of the words that people use for it. The
lists are generous, for a question that was answered in other words must not be called passed over;
a text that says "there was no overfitting" speaks of it as well.
"""

from __future__ import annotations

import re

from journal.report.checks.model import Cause, Context, Result, failed, listed, unjudged

_WORDS = {
    "out_of_memory": r"out[- ]of[- ]memory|oom\b|memory|\bram\b|batch[- ]size|smaller batch|"
    r"\bkilled\b|\bcrash|gradient accumulation|accumulat",
    "restart": r"restart|resum|re-?start|re-?ran|run again|ran again|crash|interrupt|kernel|"
    r"stopped|broke off|disconnect|from the checkpoint|started over|again from",
    "exception": r"exception|error|crash|fail|traceback|broke|bug\b|abort|stopped",
    "non_finite_loss": r"\bnan\b|not a number|infinit|\binf\b|overflow|explod|non-?finite|diverg",
    "divergence": r"diverg|explod|blew up|blow up|unstable|went up|rose|rising|increas|climb|"
    r"learning rate|did not learn|didn.t learn|not learn|worse|fail|spike",
    "overfitting": r"over-? ?fit|memori[sz]|by heart|generali[sz]|validation loss (?:\w+ ){0,3}"
    r"(?:rose|rises|rising|went up|goes up|increas|climb|worse)|too (?:long|many epochs)|"
    r"early stop|stop(?:ped|ping)? earl|best epoch|turned (?:up|back|around)|"
    r"(?:rose|rise[sn]?|rising|climb\w*|increas\w*|went up|worse)[^.\n]{0,60}"
    r"(?:after|from|since) (?:the )?(?:epoch|\w+ epoch)|regulari[sz]",
    "chance_level": r"chance|guess|coin|commonest|most common|majority|baseline|random|"
    r"nothing (?:was )?learn|learn(?:ed|t|s)? nothing|no better|not better|not learn|"
    r"always (?:answer|predict|say)|one (?:class|label)",
    "unstable_validation": r"unstable|jump|jitter|nois|zig-?zag|fluctuat|oscillat|erratic|"
    r"up and down|wobbl|bounc|var(?:y|ied|ies|iance)|swing|volatil|small validation",
    "leakage": r"leak|duplicat|overlap|same reviews?|both (?:splits|sets)|seen (?:before|already)|"
    r"contaminat|twice|also in (?:the )?training|appear\w* in both",
    "not_better_than_baseline": r"baseline|simple|bag[- ]of[- ]words|tf-?idf|logistic|naive|"
    r"majority|commonest|most common|no better|not better|as good",
    "overconfident": r"confiden|calibrat|certain|sure\b|overestimat",
    "truncated_text": r"truncat|cut (?:off|short)|length|too long|long reviews?|lost (?:their|its|"
    r"the) end|max(?:imum)?[_ -]?len|token limit|shorten",
    "class_imbalance": r"imbalanc|unbalanc|balanc|skew|majority|uneven|more (?:positive|negative)|"
    r"mostly|commonest|most common|ratio|share of|proportion|minority",
}
"""By the finding's id, what counts as a word on it; a finding without an entry is not judged."""

_SAID = {finding: re.compile(words, re.IGNORECASE) for finding, words in _WORDS.items()}
_CALLED = {
    "out_of_memory": "memory ran out",
    "restart": "the run was restarted",
    "exception": "an exception stopped the run",
    "non_finite_loss": "a loss was not a number",
    "divergence": "training diverged",
    "overfitting": "validation loss rose while training loss fell",
    "chance_level": "accuracy did not beat the commonest label",
    "unstable_validation": "validation loss jumped from epoch to epoch",
    "leakage": "validation texts stood in training too",
    "not_better_than_baseline": "a simple baseline was as good",
    "overconfident": "the model was surer than it was right",
    "truncated_text": "reviews lost their end to the length limit",
    "class_imbalance": "one label was far commoner",
}
_LANGUAGES = ("en",)


def unreflected(context: Context) -> list[str] | None:
    """The ids of what went wrong and is never spoken of, heaviest first.

    None where it cannot be judged: the journal is not written in English.
    """
    if context.plan.settings.language.lower().split("-")[0] not in _LANGUAGES:
        return None
    said = "\n".join(
        [
            *(piece.text for piece in context.all_pieces()),
            *(note.text for note in context.plan.notes),
        ]
    )
    said = re.sub(r"[ \t\r\n]+", " ", said)
    happened = dict.fromkeys(
        finding.id for _, finding in context.plan.findings if finding.id in _SAID
    )
    return [finding for finding in happened if not _SAID[finding].search(said)]


def spoken_of(context: Context) -> Result:
    """What went wrong in the runs is spoken of."""
    name, what = "unreflected", "What went wrong in the run is spoken of."
    missing = unreflected(context)
    if missing is None:
        language = context.plan.settings.language
        return unjudged(
            name,
            what,
            f"The journal's language is {language!r}, and only English is read for this.",
            "Look at the findings of journal show yourself.",
        )
    if not missing:
        return Result(name, what, True)
    return failed(
        name,
        what,
        Cause(
            f"The words never mention that {listed([_CALLED[finding] for finding in missing])}.",
            "Say what happened, what you tried, and what it taught you; journal show has the "
            "figures.",
            "each of them spoken of",
            f"passed over: {', '.join(missing)}",
        ),
    )
