"""Serve a rival as `freequote serve` is served: `python -m benchmarks.rivals NAME PORT`."""

import sys

import uvicorn

uvicorn.run(
    f"benchmarks.rivals.{sys.argv[1]}:app",
    host="127.0.0.1",
    port=int(sys.argv[2]),
    log_config=None,
    access_log=False,
    server_header=False,
    proxy_headers=False,
    lifespan="on",
    ws="none",
)
