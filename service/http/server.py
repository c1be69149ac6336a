"""The HTTP server: uvicorn over the application, with the limits of `service/http/limits.py`."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

from service.http.limits import LONGEST_HEAD
from service.http.protocol import BoundedProtocol

_GRACE_S = 5  # for answers under way when the service ends


def server_config(application: FastAPI, protocol: type[BoundedProtocol] = BoundedProtocol) -> uvicorn.Config:
    """Returns the configuration that the service runs with."""
    return uvicorn.Config(
        application,
        http=protocol,
        ws="none",
        log_level="warning",
        access_log=False,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_keep_alive=protocol.deadlines.idle_s,
        timeout_graceful_shutdown=_GRACE_S,
    )
