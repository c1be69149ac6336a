"""Signatures: the published vector, and what the specification's own library accepts from us."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from service.webhooks.signature import new_secret, signed_headers

_VECTORS = Path(__file__).parents[4] / "shared/data/vectors/standard_webhooks/vectors.json"


@pytest.mark.skipif(not _VECTORS.exists(), reason="the vectors are not here")
def test_the_headers_are_those_of_the_published_vector() -> None:
    vector = json.loads(_VECTORS.read_text())
    at = datetime.fromtimestamp(int(vector["webhook-timestamp"]), UTC)
    headers = signed_headers(vector["webhook-id"], vector["payload"], at=at, secrets=[vector["secret"]])
    assert headers == {name: vector[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}


def test_during_a_rotation_both_secrets_verify_a_message_and_no_third_one_does() -> None:
    old, new = new_secret(), new_secret()
    body = '{"buyer":"Zoë"}'
    headers = signed_headers("evt_1", body, at=datetime.now(UTC), secrets=[new, old])
    assert [Webhook(secret).verify(body, headers) for secret in (old, new)] == [{"buyer": "Zoë"}] * 2
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)


def test_a_secret_has_the_length_that_the_specification_asks_for() -> None:
    assert len(Webhook(new_secret())._whsecret) in range(24, 65)
