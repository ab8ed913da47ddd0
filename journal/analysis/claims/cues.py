"""The words that tell what a number is a figure of.

Every pattern is tried on a sentence in small letters, or on the few dozen characters beside a
number, so that none can run away on a long line.
"""

from __future__ import annotations

import re

_B, _E = r"(?<![a-z])", r"(?![a-z])"


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{_B}(?:{pattern}){_E}")


VALIDATION = r"validation|validate|validating|val|held[- ]out|eval(?:uation)?"
TRAINING = r"training|train"
SPLIT = _word(f"(?P<val>{VALIDATION})|(?P<train>{TRAINING})|(?P<test>test)")
SPLIT_BEFORE = re.compile(
    rf"{_B}(?:(?P<val>{VALIDATION})|(?P<train>{TRAINING})"
    rf"|(?P<test>test))[\s._'\u2019{{}}*`-]{{0,3}}"
    rf"(?:(?:split|set|data)[\s'\u2019s]{{0,3}})?$"
)
SPLIT_AFTER = re.compile(
    r"[\s_{(:\\a-z]{0,1}(?:(?:of|in|on|for|at|over)\s)?(?:(?:the|my)\s)?[\s_{(]{0,2}"
    rf"(?:(?P<val>{VALIDATION})|(?P<train>{TRAINING})|(?P<test>test)){_E}"
    r"(?![\s_-]{0,2}(?:loss|acc))"
)
FAMILY = re.compile(
    rf"{_B}(?:(?P<loss>loss(?:es)?)|(?P<accuracy>accurac(?:y|ies)|acc)|(?P<precision>precision)"
    r"|(?P<recall>recall)|(?P<learning_rate>learning[\s_-]rate|lr|rate|\\eta|step[\s_-]size)"
    r"|(?P<validation_batch_size>validation[\s_-]batch[\s_-](?:size)?)"
    r"|(?P<batch_size>batch(?:es)?(?:[\s_-]?size)?)|(?P<seed>seed)"
    r"|(?P<baseline>tf[-\s]?idf|majority(?:\sclass)?|lstm|baseline)"
    r"|(?P<memory>memory|ram|rss)|(?P<oom>ooms?|out[\s-]of[\s-]memory)"
    r"|(?P<restart>restart\w{0,3})"
    r"|(?P<layers>layers)|(?P<threads>threads)|(?P<epochs>epochs))"
    rf"{_E}|(?P<eta>\u03b7)|(?P<curve>(?<![a-z])l_\{{?(?:val|train))"
)
EPOCH_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:epoch|ep|epochs(?=\s))(?:\s(?:number|no\.|nr\.?))?[\s:=#$_.*]{0,3}"
    r"|@\s?|(?<![\w])t\s?=\s?"
    r"|(?<![a-z])epochs?\s\$?\d{1,5}\$?\s?(?:\u2013|-|--|to|and|until|through)\s?\$?)$"
)
EPOCH_AFTER = re.compile(r"\s(?:training\s)?epoch(?![a-z])")
PLACE_AFTER = re.compile(
    r"[\s$]{0,2}\(?(?:already\s)?(?:at|in|by|after|from|for|on|of)?\s?(?:the\s)?(?:epoch"
    r"|ep)\s(?:number\s)?\$?(\d{1,6})"
)
WHEN = re.compile(
    rf"{_B}(?:(?P<best>best|lowest|minimum|min|minimal|highest|peak(?:ed|s)?|maximum|max)"
    r"|(?P<last>last\sepoch|last\sone|last(?!\s\w+\sepochs)|final(?:ly)?|in\sthe\send|at\s(?:the\s"
    r"|its\s)?end|by\sthe\send|the\send|end|ended|ends|ending|afterwards|arriv\w{1,3}"
    r"|finish\w{0,3}|came out at|landed|finished)"
    r"|(?P<first>first\sepoch|very\sfirst|first(?=\sepoch|\sone|\spass|\sround|\sand\s|\.|$)|start(?:ed|s)?|begin(?:ning)?|began"
    r"|initial(?:ly)?))"
    rf"{_E}"
)
LATER = re.compile(r"(\w{1,12})\sepochs?\s(later|earlier|before)(?![a-z])")
UP = _word(
    "rose|rises|rise|risen|rising|increas\\w{0,4}|climb\\w{0,3}|grew|grows|grow|grown"
    "|went up|up(?= to)|back up|go up|goes up|going up|gained|jumped|added|shot up|doubled"
    "|tripled|doubles"
)
DOWN = _word(
    "fell|falls|fall|fallen|falling|decreas\\w{0,4}|drop\\w{0,4}|declin\\w{0,3}|sank"
    "|went down|go down|goes down|going down|came down|come down|coming down|down|lost"
    "|loses|shrank|reduc\\w{0,4}|halved|halves"
)
BETTER = _word("improv\\w{0,6}|got better|gets better")
WORSE = _word("worsen\\w{0,3}|got worse|gets worse|deteriorat\\w{0,4}")
NEGATED = _word("not|never|no longer|didn.?t|neither|nor|instead of|hardly|barely|without")

NO_FIGURE_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:versions?|sections?|sec\.|figures?|fig\.|chapters?|page|pages|p\."
    r"|room|tables?|step"
    r"|question|part|module|lab|week|line|lines|exercise|task|notebook|cell|attempt|try"
    r"|grade|level|layer|python|torch|transformers|since|year"
    r"|test_size|random_state|split_seed|patience|weight[\s_]decay|momentum|dropout"
    r"|temperature|warmup|id|student|group|team|points? of|no\.|nr\.|\u00a7)[\s:=($*]{0,2}"
    r"|==\s?|>=\s?|<=\s?|[#\u00a7\u20ac$]\s?(?=$)(?<!\$)|(?<![\w])v|\\ln\s?|\\log\s?|log\("
    r"|ln\(?\s?)$"
)
NO_FIGURE_AFTER = re.compile(
    r"(?:\s?(?:am|pm|a\.m|p\.m|o.clock|th\sof)(?![a-z])|[\s-](?:labels?|class(?:es)?|years?"
    r"|days?|weeks?|months?|attempts?"
    r"|people|students|friends|languages|stars?|questions?|tries|credits|euros?|dollars"
    r"|cores?|gpus?|cpus?|lines of|pages|bits?|dimensions|january|february"
    r"|march|april|may|june|july|august|september|october|november|december)(?![a-z])"
    r"|\s?[\u20ac\u00b0])"
)
OTHERS = _word(
    "my friend|other people|bert-base|by default|recommended|first try|first attempt"
    "|first run|a friend|friend of mine|classmates?|colleagues?|neighbou?rs?|papers?"
    "|authors?|published in|literature|the internet|online|others? report\\w{0,3}"
    "|tutorials?"
    "|battery|leaderboard|state[- ]of[- ]the[- ]art|in general|usually|typically|benchmark"
    "|lecture\\w{0,3}|course (?:text|notes|book)|slides|someone|professor|teacher|textbook"
    "|googling|coffee|reading|slept|sleep|bed|debugging|searching|chance would"
    "|random guess\\w{0,3}|guessing|coin|notebook asks|lab asks|task asks|instructions"
)
PLANS = _word(
    "would|could (?:have|be|try|reach|get)|should|might|may|will|shall|plan\\w{0,4}|want"
    "|wants|wanted|hope\\w{0,1}|hoped|hoping|wish\\w{0,3}|goal|target|aim\\w{0,3}"
    "|expect\\w{0,6}|thought|guess\\w{0,3}"
    "|realistic|impossible|reachable|feasible|i think|predict(?:ed)? that|dream\\w{0,4}"
    "|next time|if i|had i|i.d|let us|let.s"
    "|imagine\\w{0,1}|suppose|future|try|unfreeze|ideally|tomorrow|estimate\\w{0,1}"
    "|intend\\w{0,3}|was thinking|ambition|recommend\\w{0,3}|rule of thumb|bet|betting"
    "|planned"
)
RELATIVE_EPOCHS = re.compile(
    r"(?<![a-z])(?:last|first|next|another|extra|more|further|remaining|these|those|other"
    r"|every|additional|saved|wasted|later|me|myself|of the)(?:\sthe)?\s$"
)
HEDGES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![a-z])(?:well|far|way|clearly)\s(?:over|above|beyond)\s\$?$"), "well over"),
    (re.compile(r"(?<![a-z])(?:well|far|way|clearly)\s(?:under|below)\s\$?$"), "well under"),
    (
        re.compile(
            r"(?:(?<![a-z])(?:over|above|more\sthan|at\sleast|exceed\w{0,3}|pass(?:ed|es)"
            r"|beyond|upwards\sof|no\sless\sthan|greater\sthan|higher\sthan|surpass\w{0,3}"
            r"|crossed|north\sof|(?<!no\s)better\sthan)\s|[>\u2265]\s?)\$?$"
        ),
        "over",
    ),
    (
        re.compile(
            r"(?:(?<![a-z])(?:under|below|less\sthan|fewer\sthan|at\smost|no\smore\sthan"
            r"|lower\sthan|within|not\seven|smaller\sthan|maximum\sof)\s|[<\u2264]\s?)\$?$"
        ),
        "under",
    ),
    (
        re.compile(
            r"(?:(?<![a-z])(?:about|around|roughly|approximately|approx\.?|nearly|almost"
            r"|close\sto|some|ca\.?|circa|more\sor\sless|like|near|practically"
            r"|somewhere\saround|in\sthe\sregion\sof|just|something\slike|barely"
            r"|hardly)\s(?:a\s|an\s)?|[~\u2248\u2243]\s?|\\approx\s?|\\sim\s?)\$?$"
        ),
        "about",
    ),
)
ROUGH_AFTER = re.compile(r"\s(?:or so|more or less|give or take|-?ish)(?![a-z])")
