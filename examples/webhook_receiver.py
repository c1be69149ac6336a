"""Receives the webhooks of a RedLedger and keeps each event once in a SQLite file:

    python webhook_receiver.py 8700 events.sqlite    (the secret is in WEBHOOK_SECRET)

It needs `pip install standardwebhooks`. An event may come again; its id is the same then.
"""

import os
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

SECRET = Webhook(os.environ["WEBHOOK_SECRET"])
EVENTS = sqlite3.connect(sys.argv[2])
EVENTS.execute("CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT, body TEXT)")


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        try:
            event = SECRET.verify(body, dict(self.headers))
        except WebhookVerificationError:
            return self.answer(401)
        with EVENTS:  # committed before the answer: after it, the event does not come again
            row = (self.headers["webhook-id"], event["type"], body)
            EVENTS.execute("INSERT OR IGNORE INTO events VALUES (?, ?, ?)", row)
        return self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()


if __name__ == "__main__":
    with HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
