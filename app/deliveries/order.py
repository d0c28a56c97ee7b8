"""The order of commits: where an event stands among all others, so that whoever follows them misses none.

On SQLite writers take turns, and a trigger counts. On PostgreSQL they overlap: an event's place is the number of its
transaction or, where that is greater, of the first one that had not ended when the event was written. So an event that
was written after another one's commit never stands before it, and none that is still to come stands before
`pg_snapshot_xmin`: there a reader stops.
"""

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

POSTGRESQL_PLACE = "(GREATEST(pg_current_xact_id(), pg_snapshot_xmax(pg_current_snapshot()))::text::bigint)"


class place_of_insert(FunctionElement[int]):  # noqa: N801 - reads as the SQL function it is
    """The place of a row that is being inserted; the database itself gives it, whoever writes."""

    type = BigInteger()
    inherit_cache = True


@compiles(place_of_insert, "sqlite")
def _sqlite_place(_element: place_of_insert, _compiler: SQLCompiler, **_: Any) -> str:
    # The trigger `events_place` puts the next number here.
    return "0"


@compiles(place_of_insert, "postgresql")
def _postgresql_place(_element: place_of_insert, _compiler: SQLCompiler, **_: Any) -> str:
    return POSTGRESQL_PLACE
