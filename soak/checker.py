"""What must hold afterwards: the statements I1 to I4 and I7, and what else staff and consumers count on.

I5 (the audit chain) and erasure wait for their rooms; I6 is held by whoever waits for the backlog.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from soak.deployment import Deployment
from soak.endpoints import RETRY_AFTER_SECONDS
from soak.tally import Tally
from soak.visitors import Visitors
from tests.support.wishes import CANARIES

_NOT_WHOLE = {
    "a lead without its data key": "SELECT reference FROM leads WHERE id NOT IN (SELECT lead_id FROM data_keys)",
    "a lead without a consent for each purpose": """SELECT reference FROM leads
        WHERE (SELECT count(DISTINCT purpose) FROM consents WHERE lead_id = leads.id) <> 3""",
    "a lead without its event": """SELECT reference FROM leads
        WHERE (SELECT count(*) FROM events WHERE lead_id = leads.id AND type = 'lead.created') <> 1""",
    "an event without a promise to each destination": """SELECT id FROM events
        WHERE (SELECT count(*) FROM deliveries WHERE event_id = events.id AND state <> 'withheld')
        < (SELECT count(*) FROM destinations WHERE kind <> 'enquirer')""",
    "a promise that is not kept": "SELECT id FROM deliveries WHERE state NOT IN ('delivered', 'withheld')",
    "an attempt without an end": "SELECT delivery_id FROM attempts WHERE outcome = 'started'",
    "an attempt without a number": """SELECT id FROM deliveries
        WHERE attempts <> (SELECT count(*) FROM attempts WHERE delivery_id = deliveries.id)""",
}
_ATTEMPTS = """SELECT delivery_id, event_id, destination_id, number, outcome, coalesce(status_code, 0), started_at,
    coalesce(finished_at, started_at) FROM attempts JOIN deliveries ON deliveries.id = delivery_id
    ORDER BY delivery_id, number"""
Row = tuple[str, ...]


class Checker:
    """Holds everything that was seen against everything that was promised."""

    def __init__(self, house: Deployment, visitors: Visitors, tally: Tally) -> None:
        self._house = house
        self._visitors = visitors
        self._tally = tally
        self._of_delivery: dict[str, list[Row]] = defaultdict(list)

    def check(self) -> None:
        """Hold every statement."""
        for row in self._house.ground.rows(_ATTEMPTS):
            self._of_delivery[row[0]].append(row)
        self._check_leads()
        for what, query in _NOT_WHOLE.items():
            self._tally.require(f"I4: {what}", self._house.ground.rows(query))
        self._check_webhooks()
        self._check_letters()
        self._check_lost()
        self._check_retry_after()
        self._check_logs()

    def _check_leads(self) -> None:
        wishes = self._visitors.wishes
        several = [wish.number for wish in wishes if len(wish.references) != 1]
        self._tally.require("I1, I3: requests that are not exactly one lead", several)
        told = {reference for wish in wishes for reference in wish.references}
        found = {row[0] for row in self._house.ground.rows("SELECT reference FROM leads")}
        self._tally.require("I1: acknowledged and gone, or there and never asked for", sorted(told ^ found))
        odd = [answer for wish in wishes for answer in wish.told if answer not in {201, 503, "cut"}]
        self._tally.require("I3: answers that are neither yes nor later", odd)
        self._tally.facts.append(f"{len(wishes)} leads, {sum(len(wish.told) for wish in wishes)} posts")

    def _check_webhooks(self) -> None:
        for name, endpoint in self._house.endpoints.items():
            mine = {rows[0][1]: rows for rows in self._of_delivery.values() if rows[0][2] == self._house.ids[name]}
            came = Counter(one.event_id.replace("-", "") for one in endpoint.arrivals)
            taken = Counter(one.event_id.replace("-", "") for one in endpoint.arrivals if one.accepted)
            bodies = defaultdict(set)
            for one in endpoint.arrivals:
                bodies[one.event_id].add(one.body)
            require = self._tally.require
            require(f"I2: never came to {name}", [event for event in mine if not taken[event]])
            require(f"I2: came to {name} more often than a fault explains", too_often(taken, mine))
            require(
                f"I2: tried at {name} without a record",
                [event for event in came if came[event] > len(mine.get(event, ()))],
            )
            require(f"I2: copies that differ at {name}", [event for event, found in bodies.items() if len(found) > 1])
            require(f"not signed at {name}", [one.event_id for one in endpoint.arrivals if not one.signed])
            second = sum(count - 1 for count in taken.values())
            self._tally.facts.append(f"{name}: {len(endpoint.arrivals)} requests, {second} second copies")

    def _check_letters(self) -> None:
        desk = self._house.ids["desk"]
        mine = {delivery: rows for delivery, rows in self._of_delivery.items() if rows[0][2] == desk}
        taken = Counter(letter.message_id.replace("-", "") for letter in self._house.mail.letters)
        self._tally.require("I2: letters that never came", [one for one in mine if not taken[one]])
        self._tally.require("I2: letters that came more often than a fault explains", too_often(taken, mine))
        second = sum(count - 1 for count in taken.values())
        self._tally.facts.append(f"desk: {sum(taken.values())} letters, {second} second copies")

    def _check_lost(self) -> None:
        """Only who was killed leaves an attempt behind of which nobody knows what came of it."""
        claims = self._house.hands.claims()
        living = {claim for pid, claimed in claims.items() if pid not in self._house.killed for claim in claimed}
        lost = [f"{row[0]}.{row[3]}" for rows in self._of_delivery.values() for row in rows if row[4] == "lost"]
        self._tally.require("attempts lost by processes that nobody killed", [one for one in lost if one in living])
        self._tally.facts.append(f"{sum(map(len, self._of_delivery.values()))} attempts, {len(lost)} of them lost")

    def _check_retry_after(self) -> None:
        early = []
        for rows in self._of_delivery.values():
            for asked, after in pairwise(rows):
                waited = datetime.fromisoformat(after[6]) - datetime.fromisoformat(asked[7])
                if asked[5] == "503" and waited < timedelta(seconds=RETRY_AFTER_SECONDS):
                    early.append(f"{after[0]}.{after[3]} after {waited}")
        self._tally.require("tried again sooner than Retry-After allows", early)

    def _check_logs(self) -> None:
        logs = [self._house.service.log, *([self._house.ground.log] if self._house.ground.log else [])]
        spoken = [f"{word} in {log.name}" for log in logs for word in _spoken(log)]
        self._tally.require("I7: what visitors wrote is in a log", spoken)


def too_often(taken: Counter[str], attempts: dict[str, list[Row]]) -> list[str]:
    """Return what came oftener than once for each attempt whose answer may have been lost on its way."""
    unanswered = {
        one: sum(row[4] in {"delivered", "lost"} or row[5] == "0" for row in rows) for one, rows in attempts.items()
    }
    return [one for one, count in taken.items() if count > max(unanswered.get(one, 0), 1)]


def _spoken(log: Path) -> list[str]:
    text = log.read_text(encoding="utf-8", errors="replace").casefold()
    return [word for word in CANARIES if word in text]
