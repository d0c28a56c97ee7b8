"""Is somebody keeping the promises, and can letters leave?"""

from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from app.clock import Clock
from app.database import Database, database_now
from app.deliveries import queries
from app.deliveries.models import Worker
from app.health import Check, Finding
from app.settings import Settings

HEARTBEAT_SECONDS = 5.0
SILENT_AFTER_SECONDS = 30.0
_TOO_OLD = timedelta(minutes=15)


def workers_alive() -> Select[int]:
    """Count the workers that said lately that they are alive."""
    return select(func.count()).where(Worker.seen_at > database_now(-SILENT_AFTER_SECONDS))


def delivery_checks(database: Database, settings: Settings, clock: Clock) -> list[Check]:
    """Make the checks of worker, mail channel and oldest waiting promise."""

    async def check_worker() -> Finding:
        async with database.read() as session:
            count = await session.scalar(workers_alive()) or 0
        if count:
            return Finding("worker", ok=True, detail=f"{count} alive")
        return Finding("worker", ok=False, detail="none is alive", remedy="Start `freequote worker`.")

    async def check_mail() -> Finding:
        if settings.smtp_url.get_secret_value():
            return Finding("mail", ok=True, detail="by SMTP")
        if settings.production:
            remedy = "Set FREEQUOTE_SMTP_URL and FREEQUOTE_MAIL_FROM; until then letters wait."
            return Finding("mail", ok=False, detail="no mail server is set", remedy=remedy)
        return Finding("mail", ok=True, detail=f"into the folder {settings.mail_dir} (development)")

    async def check_oldest_promise() -> Finding:
        async with database.read() as session:
            oldest: datetime | None = await session.scalar(queries.oldest_due())
        age = clock.now() - oldest if oldest else timedelta()
        minutes = max(0, int(age.total_seconds() // 60))
        detail = f"due for {minutes} min" if oldest else "none waits"
        remedy = "" if age < _TOO_OLD else "Look at `freequote delivery list --state pending`."
        return Finding("oldest promise", ok=age < _TOO_OLD, detail=detail, remedy=remedy)

    return [check_worker, check_mail, check_oldest_promise]
