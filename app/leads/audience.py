"""Who would be told of a lead, be it one that is there or one that is only described."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.errors import MissingScope
from app.access.principals import Principal
from app.access.scopes import Scope
from app.database import Database
from app.destinations import service as destinations
from app.destinations.routing import Facts
from app.destinations.schemas import RouteLead, RouteOut, RouteQuery
from app.leads import queries
from app.leads.documents import open_part, shared_with
from app.leads.errors import LeadNotFound
from app.sealing.keyring import Keyring


async def who_is_told(
    database: Database, keyring: Keyring, query: RouteQuery | RouteLead, *, by: Principal | None = None
) -> list[RouteOut]:
    """Say for each destination what would become of an event on such a lead.

    Errors: `LeadNotFound`; `MissingScope` for a lead that is there and a key that may not read leads.
    """
    if isinstance(query, RouteQuery):
        return await destinations.who_is_told(database, _described(query), by=by)
    if by is not None and Scope.LEADS_READ not in by.scopes:
        raise MissingScope(Scope.LEADS_READ)
    async with database.read() as session:
        facts = await _known(session, keyring, query, by)
    return await destinations.who_is_told(database, facts, by=by)


def _described(query: RouteQuery) -> Facts:
    given = query.model_dump(include={"event", "form", "country", "language", "condition", "status"})
    return Facts(**given, test=False, shared_with=query.sharing)


async def _known(session: AsyncSession, keyring: Keyring, query: RouteLead, by: Principal | None) -> Facts:
    wanted = queries.by_id_or_reference(query.lead)
    row = (await session.execute(wanted)).first() if wanted is not None else None
    if row is None or (by is not None and not by.sees(row[0].form_key)):
        raise LeadNotFound
    lead, wrapped = row
    inquiry = open_part(keyring.data_key(lead.id, wrapped), "inquiry", lead.id, lead.inquiry)
    return Facts(
        event=query.event,
        form=lead.form_key,
        country=lead.country,
        language=lead.language,
        condition=inquiry.get("condition_code"),
        status=lead.status,
        # A test goes to the one destination that it was made for; what is asked is where its like would go.
        test=False,
        shared_with=shared_with((await queries.consents_of(session, [lead.id]))[lead.id]),
    )
