"""Whether words decline: to rate (a judge), or to help (a system that was asked for a reply).

Around an object of ratings nothing depends on this list: what is not admitted there is unscored in
any case, and the list only names the reason. In the words *inside* an object, which are free, it is
the one way to notice that the judge declined; a refusal in other words, or in a language that is
not listed, is not noticed there. It is conservative: first person, and a rating that is only
limited ("I cannot rate it higher than 3") or words in quotation marks are no refusal.
"""

from __future__ import annotations

import re
from typing import Final

_CANNOT: Final = r"can\s?not|can['’]?t|could\s+not|couldn['’]?t|won['’]?t|will\s+not"
_RATE: Final = (
    r"\b(?:rat(?:e|ings?)|evaluat(?:e|ing|ions?)|scor(?:e|es|ing)|assess(?:ing|ments?)?|"
    r"judg(?:e|ing|e?ments?)|grad(?:e|es|ing))\b"
)
_NO_LIMIT: Final = (
    r"(?![^.!?\n]{0,100}\b(?:higher|high|above|lower|below|more\s+than|less\s+than|better|full|top|"
    r"perfect)\b)"
)
#: What may stand between two words of one sentence, in any script.
_WORDS: Final = r"[^.!?\n。！？।؟]{0,80}?"


def _language(needles: str, *patterns: str) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Return patterns of one language, and texts of which every match holds one (for speed)."""
    return tuple(needles.split("|")), re.compile("|".join(patterns), re.IGNORECASE)


_DECLINES_TO_RATE: Final = (
    # English: not able or not willing; a refusal as such; asking for the reply to be rated
    _language(
        "I |I'|I’| i |lease|f you|n you|d you",
        rf"\bI(?:['’]m|['’]d)?\s{{1,3}}(?:\w{{1,12}}\s{{1,3}}){{0,3}}?(?:{_CANNOT}|unable|"
        r"unwilling|uncomfortable|(?:do\s+not|don['’]?t)\s+(?:want|wish|feel\s+comfortable)|"
        r"not\s+(?:able|willing|comfortable|going\s+to)|rather\s+not|prefer\s+not)\b"
        rf"{_NO_LIMIT}{_WORDS}{_RATE}",
        r"\bI\s{1,3}(?:must\s+|have\s+to\s+)?(?:refuse|decline)\b",
        r"\b(?:please|could\s+you|can\s+you|if\s+you\s+(?:could|can|would))\s{1,3}"
        r"(?:provide|share|send|supply|paste|give)\b[^.!?\n]{0,40}\b(?:response|reply)\b",
    ),
    # German, Dutch
    _language(
        "bewerten|beurteilen|lehne|weigere",
        rf"\bich\s+(?:kann|möchte|will|werde|darf)\b{_WORDS}\bnicht\s+(?:bewert|beurteil)en\b",
        r"\bich\s+(?:lehne|weigere)\b",
    ),
    _language(
        "beoordelen|scoren|weiger",
        rf"\bik\s+(?:kan|wil|zal|mag)\b{_WORDS}\bniet\s+(?:beoordelen|scoren)\b",
        r"\bik\s+weiger\b",
    ),
    # French, Spanish, Italian, Portuguese
    _language(
        "évaluer|noter|juger|refuse",
        rf"\bje\s+ne\s+(?:peux|veux|puis|souhaite)\b{_WORDS}\b(?:évaluer|noter|juger)\b",
        r"\bje\s+refuse\b",
    ),
    _language(
        "evaluar|calificar|puntuar|valorar|niego",
        rf"\bno\s+(?:puedo|quiero|voy\s+a)\b{_WORDS}\b(?:evaluar|calificar|puntuar|valorar)",
        r"\bme\s+niego\b",
    ),
    _language(
        "valutar|giudicar|rifiuto",
        rf"\bnon\s+(?:posso|voglio|me\s+la\s+sento)\b{_WORDS}\b(?:valutar|giudicar)",
        r"\bmi\s+rifiuto\b",
    ),
    _language(
        "avaliar|classificar|pontuar|recuso",
        rf"\bnão\s+(?:posso|quero|consigo|vou)\b{_WORDS}\b(?:avaliar|classificar|pontuar)",
        r"\b(?:me\s+recuso|recuso-me)\b",
    ),
    # Polish, Russian, Turkish
    _language(
        "ocenić|odmawiam|Odmawiam",
        rf"\bnie\s+(?:mogę|chcę|będę|jestem\s+w\s+stanie)\b{_WORDS}\bocenić\b|\bodmawiam\b",
    ),
    _language(
        "оцени|тказываюсь",
        rf"\bне\s+(?:могу|хочу|буду|готова?)\b{_WORDS}\bоцени(?:ть|вать)\b|\bотказываюсь\b",
    ),
    _language(
        "değerlendir|puanla",
        r"(?:değerlendir|puanla)(?:emem|yamam|emiyorum|yamıyorum|meyeceğim|mayacağım)\b",
    ),
    # Arabic, Hindi, Chinese, Japanese, Korean
    _language("تقييم", rf"(?:لا\s+(?:أستطيع|يمكنني|أريد)|أرفض){_WORDS}تقييم"),
    _language("मूल्यांकन|अंकन", r"(?:मूल्यांकन|अंकन)\s+नहीं\s+(?:कर|करूँ)"),
    _language(
        "评|評",
        rf"我(?:无法|不能|不会|不想|拒绝|無法|不會|拒絕){_WORDS}(?:评分|评价|评估|評分|評價|評估)",
        r"評価(?:は|を|が)?(?:でき(?:ません|ない)|しません|お断り)",
    ),
    _language("평가|채점", r"(?:평가|채점)(?:할\s?수\s?없|하지\s?않겠)"),
)
_NEEDLES: Final = tuple(needle for needles, _ in _DECLINES_TO_RATE for needle in needles)
_QUOTED: Final = re.compile(r"\"[^\"]{0,500}\"|“[^”]{0,500}”|(?<!\w)['‘][^'’]{0,500}['’](?!\w)")
# A refusal to help is said at once; the same words later in a reply belong to the reply.
_DECLINES_TO_HELP: Final = re.compile(
    r"\W*(?:(?:i['’]?m|i am)\s+(?:very\s+|so\s+|really\s+|truly\s+)?sorry[,.]?\s+(?:but\s+)?)?"
    r"(?:(?:that|you['’]re|to hear)[^.]{0,120}[,.]?\s+but\s+)?"
    r"(?:as an? (?:ai|language model)[^.,]{0,60},?\s+)?"
    rf"(?:i|we)(?:['’]?m|\s+am)?\s*(?:{_CANNOT}|unable to|not able to|"
    r"must decline|(?:have to|need to) decline)\s*"
    r"(?:to\s+)?(?:help|assist|provide|continue|engage|respond|comply|discuss|fulfil|rate|offer|do "
    r"(?:that|this))",
    re.IGNORECASE,
)


def is_refusal(words: str) -> bool:
    """Whether a judge's `words` decline to rate."""
    if not any(map(words.__contains__, _NEEDLES)):
        return False
    for _, pattern in _DECLINES_TO_RATE:
        if pattern.search(words):
            # The judge may quote a reply that declines: only its own words decline for it.
            return pattern.search(_QUOTED.sub(" ", words)) is not None
    return False


def looks_like_refusal(text: str) -> bool:
    """Say whether a reply to a person opens by declining to answer.

    A rule of thumb on the first sentences: it is recorded beside the reply, which is kept.
    """
    return _DECLINES_TO_HELP.match(text[:400]) is not None
