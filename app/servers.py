"""What all servers of ours have in common, whatever they serve."""

from typing import Any

import uvicorn
from starlette.types import ASGIApp


def server_config(app: ASGIApp, *, grace_seconds: int, **more: Any) -> uvicorn.Config:
    """Configure a server that answers what is under way for so long when it leaves; `more` is uvicorn's own.

    It logs no addresses, which hold queries, does not say what it is, and believes no forwarded address by itself.
    """
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=grace_seconds,
        **more,
    )
