"""XML that may be hostile, read into elements that know their line: no DTD, no entities, no bombs."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from service.adapters.files.bad_file import BadFile

_LARGEST = 64 * 1024 * 1024  # bytes; a year of statements is less
_LINE = "{line}"  # an attribute that no document can have: its name is no XML name


def read_xml(name: str, content: bytes) -> Element:
    """The document's root. Raises `BadFile` for what is not well-formed, is cut off, or declares a DTD."""
    if len(content) > _LARGEST:
        raise BadFile(name, f"{len(content):,} bytes are more than a statement has")
    builder = _Builder()
    # A document type is what entity bombs and foreign files come in by, and no ISO 20022 message has one.
    parser: Any = DefusedXMLParser(target=builder, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    builder.parser = parser
    try:
        parser.feed(content)
        root: Element = parser.close()
    except ParseError as error:
        raise BadFile(name, f"it is no whole XML document ({error.msg})", line=error.position[0]) from None
    except DefusedXmlException:
        raise BadFile(name, "it declares a document type or entities, which no bank's message has") from None
    except (LookupError, ValueError) as error:
        raise BadFile(name, f"it is in an encoding that cannot be read ({error})") from None
    return root


def line_of(element: Element) -> int:
    return int(element.attrib[_LINE])


def raw_xml(element: Element | None) -> bytes:
    """Returns an element as text, as it stood in its document."""
    if element is None:
        return b""
    own = deepcopy(element)
    for each in own.iter():
        each.attrib.pop(_LINE, None)
    written: bytes = tostring(own, encoding="utf-8")
    return written


class _Builder(TreeBuilder):
    """Elements with the line they begin at."""

    parser: Any = None

    def start(self, tag: Any, attrs: Any, /) -> Element:
        return super().start(tag, {**attrs, _LINE: str(self.parser.parser.CurrentLineNumber)})
