"""What is on the screen, as an address: a copied link opens the same view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from mentalbench_hf.schema import ATTRIBUTES, SCALE_MAX, SCALE_MIN, Status

if TYPE_CHECKING:
    from mentalbench_hf.space.store import Store

TABS: Final = ("compare", "reliability", "systems", "rate", "judge", "about")
ALL_JUDGES: Final = "all"
NOT_RATED: Final = "not_rated"
STATUS_CHOICES: Final = (*(str(s) for s in Status), NOT_RATED)
MAX_DIFFERENCE: Final = SCALE_MAX - SCALE_MIN
_LONGEST_SEARCH: Final = 200


class Order(StrEnum):
    """In which order conversations come."""

    ID = "id"
    DISAGREEMENT = "disagreement"
    UNSAFE_MISSED = "unsafe-missed"


ORDER_LABELS: Final[dict[Order, str]] = {
    Order.ID: "By number",
    Order.DISAGREEMENT: "Largest disagreement first",
    Order.UNSAFE_MISSED: "Unsafe and missed by the judge",
}


@dataclass(frozen=True, slots=True)
class Query:
    """Which conversations are shown, in which order.

    Attributes:
        text: what must occur in the context or a response; empty for anything.
        systems: only these systems' responses; empty for all.
        attribute: the attribute that the other criteria speak of; empty for any.
        difference: the least |judge − human| of some response, in rating points, 0 to 4.
        status: a status that some score must have; empty for any.
        judge: a judge, or ``all``.
        order: the order.
        style: only conversations that an expert of this style rated; empty for all.
    """

    text: str = ""
    systems: tuple[str, ...] = ()
    attribute: str = ""
    difference: int = 0
    status: str = ""
    judge: str = ALL_JUDGES
    order: Order = Order.ID
    style: str = ""

    def blinded(self) -> Query:
        """Return the query without what would tell who wrote a response."""
        return replace(self, systems=())


@dataclass(frozen=True, slots=True)
class View:
    """Everything an address holds.

    Attributes:
        tab: one of TABS.
        conversation: key of a conversation; empty for the first.
        query: the filters.
        blind: the systems are hidden.
        level: level of the reliability tab.
    """

    tab: str = "compare"
    conversation: str = ""
    query: Query = field(default_factory=Query)
    blind: bool = False
    level: str = "system"


def encode(view: View) -> str:
    """Return the view as a query string; what is at its default is left out."""
    q = view.query.blinded() if view.blind else view.query
    given = {
        "tab": view.tab if view.tab != TABS[0] else "",
        "c": view.conversation,
        "q": q.text,
        "systems": ",".join(q.systems),
        "attribute": q.attribute,
        "difference": str(q.difference) if q.difference else "",
        "status": q.status,
        "judge": q.judge if q.judge != ALL_JUDGES else "",
        "order": str(q.order) if q.order is not Order.ID else "",
        "style": q.style,
        "blind": "1" if view.blind else "",
        "level": view.level if view.level == "response" else "",
    }
    return urlencode({key: value for key, value in given.items() if value})


def decode(params: Mapping[str, str], store: Store) -> View:
    """Return the view of an address; what is unknown or malformed is taken as not given."""

    def one(name: str, known: tuple[str, ...], default: str = "") -> str:
        value = params.get(name, "")
        return value if value in known else default

    roster = store.roster
    number = params.get("difference", "")
    asked = set(params.get("systems", "").split(","))
    query = Query(
        text=params.get("q", "")[:_LONGEST_SEARCH],
        systems=tuple(s for s in roster.system_ids if s in asked),
        attribute=one("attribute", ATTRIBUTES),
        difference=int(number) if number in "1234" and len(number) == 1 else 0,
        status=one("status", STATUS_CHOICES),
        judge=one("judge", roster.judge_ids, ALL_JUDGES),
        order=Order(one("order", tuple(Order), Order.ID)),
        style=one("style", store.styles),
    )
    key = params.get("c", "")
    return View(
        tab=one("tab", TABS, TABS[0]),
        conversation=key if store.position(key) is not None else "",
        query=query,
        blind=params.get("blind", "") == "1",
        level=one("level", ("system", "response"), "system"),
    )
