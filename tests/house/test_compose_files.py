"""The compose files start what there is, and publish nothing beyond the machine."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from typer.main import get_command

from service.cli.main import app
from tests.house.sources import REPOSITORY

FILES = sorted(REPOSITORY.glob("docker-compose*.yml"))


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def compose(request: pytest.FixtureRequest) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(request.param.read_text(encoding="utf-8"))
    return content


def test_a_service_waits_for_services_of_its_file(compose: dict[str, Any]) -> None:
    awaited = {name for each in compose["services"].values() for name in each.get("depends_on", ())}
    assert awaited <= compose["services"].keys()


def test_a_service_uses_volumes_of_its_file(compose: dict[str, Any]) -> None:
    used = {volume.partition(":")[0] for each in compose["services"].values() for volume in each.get("volumes", ())}
    assert used == compose["volumes"].keys()


def test_ports_are_published_on_the_loopback_address_only(compose: dict[str, Any]) -> None:
    published = [port for each in compose["services"].values() for port in each.get("ports", ())]
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_an_image_is_named_without_a_registry(compose: dict[str, Any]) -> None:
    images = [each["image"] for each in compose["services"].values() if "image" in each]
    assert [image for image in images if "." in image.partition("/")[0] and "/" in image] == []


def test_a_command_of_the_program_exists(compose: dict[str, Any]) -> None:
    for each in compose["services"].values():
        if each.get("build") == ".":
            at: Any = get_command(app)
            for word in each.get("command", ["up"]):
                if word.startswith("-") or not hasattr(at, "commands"):
                    break
                at = at.commands[word]
