"""The HTTP server: uvicorn over the application, with the limits of `service/http/limits.py`."""

from __future__ import annotations

from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI

from service.http.limits import LONGEST_HEAD
from service.http.protocol import BoundedProtocol

_GRACE_S = 5  # for answers under way when the service ends


def server_config(
    application: FastAPI, protocol: type[BoundedProtocol] = BoundedProtocol, *, trusted_proxies: Sequence[str] = ()
) -> uvicorn.Config:
    """Returns the configuration that the service runs with.

    uvicorn adds no log handler of its own, so that each line has the form and the request of the service's log. It logs
    errors only: a client that sends rubbish does not fill the log.
    """
    return uvicorn.Config(
        application,
        http=protocol,
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_keep_alive=protocol.deadlines.idle_s,
        timeout_graceful_shutdown=_GRACE_S,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
    )
