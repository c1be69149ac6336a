"""Reads XML that may be hostile into elements that know their line. DTDs and entities are refused."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from service.formats.bad_file import BadFile

_LARGEST = 64 * 1024 * 1024  # bytes; a year of statements is smaller
_LINE = "{line}"  # an attribute name that no document can have, because it is not a valid XML name


def read_xml(name: str, content: bytes) -> Element:
    """Returns the root of the document. Raises `BadFile` if it is not well-formed, is incomplete or declares a DTD."""
    if len(content) > _LARGEST:
        raise BadFile(name, f"{len(content):,} bytes are more than a statement may have")
    builder = _Builder()
    # Entity attacks and references to foreign files need a document type; no ISO 20022 message has one.
    parser: Any = DefusedXMLParser(target=builder, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    builder.parser = parser
    try:
        parser.feed(content)
        root: Element = parser.close()
    except ParseError as error:
        raise BadFile(name, f"it is not a complete XML document ({error.msg})", line=error.position[0]) from None
    except DefusedXmlException:
        raise BadFile(name, "it declares a document type or entities, which no bank's message has") from None
    except (LookupError, ValueError) as error:
        raise BadFile(name, f"it is in an encoding that cannot be read ({error})") from None
    return root


def line_of(element: Element) -> int:
    return int(element.attrib[_LINE])


def raw_xml(element: Element | None) -> bytes:
    """Returns an element as XML text, as in its document."""
    if element is None:
        return b""
    own = deepcopy(element)
    for each in own.iter():
        each.attrib.pop(_LINE, None)
    written: bytes = tostring(own, encoding="utf-8")
    return written


class _Builder(TreeBuilder):
    """Builds elements that know the line on which they begin."""

    parser: Any = None

    def start(self, tag: Any, attrs: Any, /) -> Element:
        return super().start(tag, {**attrs, _LINE: str(self.parser.parser.CurrentLineNumber)})
