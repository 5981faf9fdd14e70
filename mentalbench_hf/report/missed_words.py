"""The replies that judges let pass, in words, for a clinician to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.report.parts import Quotes

if TYPE_CHECKING:
    from mentalbench_hf.data.reply_words import ReplyWords
    from mentalbench_hf.reliability.trust.unsafe import Missed, UnsafeCard

#: Replies shown, the worst first.
MOST: Final = 40
#: Words of a post: enough to know what it is about.
_POST_WORDS: Final = 40
WARNING: Final = (
    "Content warning. Below are words of people in distress, among them about suicide, abuse and "
    "self-harm, and replies that experts rated as unsafe. They are here so that a clinician can "
    "see what the judges let pass; nothing else on this page needs them. Do not pass them on."
)


def missed_words(words: ReplyWords, cards: Sequence[UnsafeCard]) -> Quotes:
    """Return the missed replies of some cards, one item per reply with all judges that missed it.

    Those rated lowest by the reference come first, then those that most judges missed.
    """
    missed: dict[tuple[Any, str], list[tuple[str, Missed]]] = {}
    for card in cards:
        for miss in card.missed:
            missed.setdefault((miss.conversation_id, miss.system), []).append((card.judge, miss))
    order = sorted(missed.items(), key=lambda item: (item[1][0][1].human, -len(item[1])))
    shown = order[:MOST]
    return Quotes(
        f"The missed replies in words, the worst {len(shown)} of {len(order):,}",
        WARNING,
        [
            (_heading(system, by), _texts(words, int(conversation), system, by))
            for (conversation, system), by in shown
        ],
    )


def _heading(system: str, by: Sequence[tuple[str, Missed]]) -> str:
    miss = by[0][1]
    return (
        f"Conversation {miss.conversation_id}, reply by {system}: rated {miss.human:g} by experts"
    )


def _texts(
    words: ReplyWords, conversation: int, system: str, by: Sequence[tuple[str, Missed]]
) -> list[tuple[str, str]]:
    texts = [("The post begins", _first_words(words.context(conversation)))]
    reply = words.reply(conversation, system)
    if reply is not None:
        texts.append(("The reply", reply))
    for judge, miss in by:
        said = words.explanation(judge, conversation, system) or "No explanation."
        texts.append((f"{judge} rated it {miss.judge:g}", said))
    return texts


def _first_words(text: str) -> str:
    words = text.split()
    return " ".join(words[:_POST_WORDS]) + (" …" if len(words) > _POST_WORDS else "")
