"""What must hold afterwards: the statements I1 to I4 and I7, erasure, and what else staff and consumers count on.

I5 (the audit chain) has tests of its own; I6 is held by whoever waits for the backlog.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from app.deliveries.claims import NOWHERE
from soak.deployment import Deployment
from soak.endpoints import RETRY_AFTER_SECONDS
from soak.erasures import CLAIMED
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
        WHERE type <> 'lead.erased' AND (SELECT count(*) FROM deliveries WHERE event_id = events.id
        AND state <> 'withheld') < (SELECT count(*) FROM destinations WHERE kind <> 'enquirer')""",
    "a promise that is not kept": f"""SELECT id FROM deliveries
        WHERE state NOT IN ('delivered', 'withheld') AND lane <> {NOWHERE}""",
    "an event of no lead": """SELECT id FROM events
        WHERE lead_id NOT IN (SELECT id FROM leads) AND lead_id NOT IN (SELECT lead_id FROM erasures)""",
    "an attempt without an end": "SELECT delivery_id FROM attempts WHERE outcome = 'started'",
    "an attempt without a number": """SELECT id FROM deliveries
        WHERE attempts <> (SELECT count(*) FROM attempts WHERE delivery_id = deliveries.id)""",
}
_ERASED = "(SELECT lead_id FROM erasures)"
_LEFT = {
    **{
        f"{table} of an erased lead": f"SELECT lead_id FROM {table} WHERE lead_id IN {_ERASED}"
        for table in ("data_keys", "consents", "lead_steps", "idempotency_keys", "flood_marks")
    },
    **{
        f"{table} of nobody": f"SELECT lead_no FROM {table} WHERE lead_no NOT IN (SELECT no FROM leads)"
        for table in ("search_tokens", "lead_tags")
    },
    "an erased lead": f"SELECT reference FROM leads WHERE id IN {_ERASED}",
    "words of an erased lead": f"""SELECT id FROM events
        WHERE lead_id IN {_ERASED} AND type <> 'lead.erased' AND length(body) > 0""",
    "an answer about an erased lead": f"""SELECT delivery_id FROM attempts
        JOIN deliveries ON deliveries.id = delivery_id WHERE lead_id IN {_ERASED} AND excerpt IS NOT NULL""",
    "an erased lead without its last event": """SELECT reference FROM erasures
        WHERE (SELECT count(*) FROM events WHERE lead_id = erasures.lead_id AND type = 'lead.erased') <> 1""",
    "something of an erased lead that waits": f"""SELECT id FROM deliveries
        WHERE lane = {NOWHERE} AND state IN ('pending', 'sending')""",
    "somebody who was told of a lead and not of its end": f"""SELECT id FROM deliveries
        WHERE lane = {NOWHERE} AND attempts > 0 AND NOT EXISTS (
            SELECT 1 FROM deliveries AS last JOIN events ON events.id = last.event_id
            WHERE last.lead_id = deliveries.lead_id AND last.destination_id = deliveries.destination_id
            AND events.type = 'lead.erased' AND last.state = 'delivered')""",
}
_ATTEMPTS = """SELECT delivery_id, event_id, destination_id, number, outcome, coalesce(status_code, 0), started_at,
    coalesce(finished_at, started_at), state FROM attempts JOIN deliveries ON deliveries.id = delivery_id
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
        self._check_erasures()
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
        expected = told - self._house.erased.keys()
        self._tally.require("I1: acknowledged and gone, or there and never asked for", sorted(expected ^ found))
        odd = [answer for wish in wishes for answer in wish.told if answer not in {201, 503, "cut"}]
        self._tally.require("I3: answers that are neither yes nor later", odd)
        self._tally.facts.append(f"{len(wishes)} leads, {sum(len(wish.told) for wish in wishes)} posts")

    def _check_erasures(self) -> None:
        """Nothing of an erased lead is left or was claimed afterwards, and whoever was told heard of its end last."""
        rows, require = self._house.ground.rows, self._tally.require
        for what, query in _LEFT.items():
            require(f"erasure: {what}", rows(query))
        listed = {row[0] for row in rows("SELECT reference FROM erasures")}
        require(
            "erasure: in the ledger and nobody's wish, or the other way", sorted(listed ^ self._house.erased.keys())
        )
        claimed = {row[0]: int(row[1]) for row in rows(CLAIMED)}
        again = [lead for lead, count in self._house.erased.items() if claimed.get(lead, 0) != count]
        require("erasure: claimed afterwards", again)
        events = {row[0]: (row[1], row[2]) for row in rows("SELECT id, lead_id, type FROM events")}
        for name, endpoint in self._house.endpoints.items():
            came = (events[one.event_id.replace("-", "")] for one in endpoint.arrivals)
            require(f"erasure: came to {name} behind the end", behind_the_end(came))
        letters = {row[0]: events[row[1]] for row in rows("SELECT id, event_id FROM deliveries")}
        came = (letters[letter.message_id.replace("-", "")] for letter in self._house.mail.letters)
        require("erasure: letters behind the end", behind_the_end(came))
        self._tally.facts.append(
            f"{len(listed)} leads erased, of which something was claimed {sum(claimed.values())} times"
        )

    def _check_webhooks(self) -> None:
        for name, endpoint in self._house.endpoints.items():
            mine = {rows[0][1]: rows for rows in self._of_delivery.values() if rows[0][2] == self._house.ids[name]}
            came = Counter(one.event_id.replace("-", "") for one in endpoint.arrivals)
            taken = Counter(one.event_id.replace("-", "") for one in endpoint.arrivals if one.accepted)
            bodies = defaultdict(set)
            for one in endpoint.arrivals:
                bodies[one.event_id].add(one.body)
            require = self._tally.require
            require(
                f"I2: never came to {name}",
                [event for event, rows in mine.items() if not taken[event] and not _is_over(rows)],
            )
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
        self._tally.require(
            "I2: letters that never came",
            [one for one, rows in mine.items() if not taken[one] and not _is_over(rows)],
        )
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


def behind_the_end(came: Iterable[tuple[str, str]]) -> list[str]:
    """Return the leads of which something came after it was told that they are erased: of each, lead and type."""
    ended: set[str] = set()
    wrong = []
    for lead, kind in came:
        if kind == "lead.erased":
            ended.add(lead)
        elif lead in ended:
            wrong.append(lead)
    return wrong


def _is_over(attempts: list[Row]) -> bool:
    """Say whether a delivery ended without an arrival, as only those of erased leads may."""
    return attempts[0][8] in {"cancelled", "failed"}


def _spoken(log: Path) -> list[str]:
    text = log.read_text(encoding="utf-8", errors="replace").casefold()
    return [word for word in CANARIES if word in text]
