"""Reads the bodies of webhooks and files as JSON, and describes bodies whose sender is not known."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic_core import from_json

from ledger.canonical import digest
from ledger.limits import LONGEST_LINE
from service.formats.refused_bodies import PayloadNotUnderstood
from service.partner_facts.bodies import ITEM_UNREAD, BodyUnmapped, BodyUnread
from service.partner_facts.facts import PartnerFact
from service.partner_facts.parcels import ParcelScanned

LONGEST_BYTES = LONGEST_LINE
_CODES = frozenset(
    {
        "code",
        "status",
        "statuscode",
        "eventcode",
        "standardeventcode",
        "returncode",
        "tag",
        "subtag",
        "derivedstatuscode",
    }
)
_MOST_CODES = 20
_MOST_PROBLEMS = 10  # the number of problems that are listed


def read_json(body: bytes, sender: str) -> dict[str, Any] | list[Any]:
    """Returns the JSON object or list of a body. Raises `PayloadNotUnderstood`, also if an object has a field twice."""
    if len(body) > LONGEST_BYTES:
        raise PayloadNotUnderstood(f"{sender} sent {len(body)} bytes; at most {LONGEST_BYTES} are read.")
    try:
        found = from_json(body, allow_inf_nan=False)
        # Parsers differ on duplicate fields: pydantic keeps the last, others the first.
        json.loads(body, object_pairs_hook=_expect_unique)
    except ValueError:
        raise PayloadNotUnderstood(f"{sender} sends JSON, but this body is not JSON.") from None
    if not isinstance(found, dict | list):
        raise PayloadNotUnderstood(f"{sender} sends objects, but this body is a {type(found).__name__}.")
    return found


def _expect_unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns the pairs as a dictionary. Raises ValueError if a name occurs twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


class Objects:
    """Reads the objects of a body's lists. Other items are listed as problems, with their place."""

    def __init__(self) -> None:
        self._problems: list[str] = []

    def of(self, value: Any, place: str, *, named_by: str = "") -> list[dict[str, Any]]:
        """Returns the objects of a list that have the field `named_by`, if it is given; an empty list if `value` is not
        a list.
        """
        if value is None:
            return []
        if not isinstance(value, list):
            self._problems.append(f"{place} is not a list")
            return []
        return [part for n, part in enumerate(value) if self.holds(part, f"{place}[{n}]", named_by=named_by)]

    def holds(self, part: Any, place: str, *, named_by: str = "") -> bool:
        """Returns True if `part` is an object and has the field `named_by`."""
        if not isinstance(part, dict):
            self._problems.append(f"{place} is not an object")
        elif named_by and not part.get(named_by):
            self._problems.append(f"{place} has no {named_by}")
        else:
            return True
        return False

    @property
    def problems(self) -> str:
        """Returns the unusable parts of the body with their places, as one text; "" if there are none."""
        more = len(self._problems) - _MOST_PROBLEMS
        return "; ".join(self._problems[:_MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")


def scanned(
    scans: Sequence[ParcelScanned], objects: Objects, body: bytes, sender: str, message_id: str = ""
) -> list[PartnerFact]:
    """Returns the different scans of a body. If other parts of it cannot be used, or it has no scan, the whole body is
    returned too. Raises `PayloadNotUnderstood`.
    """
    if not scans:
        return [unmapped(body, sender, message_id)]
    problems = {"reason": objects.problems} if objects.problems else None
    unread = [BodyUnread(sender, body, ITEM_UNREAD, problems)] if problems else []
    return [*dict.fromkeys(scans), *unread]


def unmapped(body: bytes, sender: str, message_id: str = "") -> BodyUnmapped:
    """Returns a body that names no parcel. Raises `PayloadNotUnderstood` if it is neither JSON nor XML."""
    return BodyUnmapped(sender, describe(body, sender), whole_text(body), message_id)


def describe(body: bytes, sender: str) -> dict[str, Any]:
    """Returns the unsealed description of a body: its form, its digest and its codes. Raises `PayloadNotUnderstood`."""
    form, codes = _codes(body, sender)
    return {
        "form": form,
        "sha256": digest(body.decode("utf-8", "replace")),
        "codes": list(dict.fromkeys(codes))[:_MOST_CODES],
    }


def whole_text(body: bytes) -> dict[str, Any]:
    """Returns the body as text, or in base64 if it is not text."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text:
        return {"body": text}
    written = b64encode(body).decode()
    return {"base64": [written[start : start + LONGEST_LINE] for start in range(0, len(written), LONGEST_LINE)]}


def _codes(body: bytes, sender: str) -> tuple[str, list[str]]:
    if body.lstrip()[:1] == b"<":
        try:
            root: Element = fromstring(body.strip())
        except DefusedXmlException:
            raise PayloadNotUnderstood(f"{sender} sent XML that declares entities.") from None
        except (ParseError, LookupError, ValueError):
            raise PayloadNotUnderstood(f"{sender} sent neither JSON nor well-formed XML.") from None
        return "xml", list(_in_xml(root))
    return "json", list(_in_json(read_json(body, sender)))


def _in_json(value: Any) -> Iterator[str]:
    for name, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        if isinstance(inner, str | int) and not isinstance(inner, bool) and str(name).lower() in _CODES:
            yield str(inner)[:64]
        else:
            yield from _in_json(inner)


def _in_xml(root: Element) -> Iterator[str]:
    for element in root.iter():
        name = element.tag.rpartition("}")[2].lower()
        if name in _CODES and element.text and element.text.strip():
            yield element.text.strip()[:64]
        yield from (value[:64] for attribute, value in element.attrib.items() if attribute.lower() in _CODES)
