"""A small diagram of boxes and arrows on a grid, written as SVG that is readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

_TITLE_PX, _TEXT_PX, _LINE = 14, 12, 17  # font sizes, and the height of a line, in pixels
_PADDING, _GAP_X, _GAP_Y, _MARGIN = 12, 34, 40, 20
_WIDE, _NARROW = frozenset("mwMW%@—"), frozenset("iljtf.,:;|!'()[] ")
_STYLE = """
  svg { font-family: Helvetica, Arial, "DejaVu Sans", sans-serif }
  .page { fill: #ffffff } .box { fill: #f2f5fa; stroke: #47566b } .strong { fill: #dce9fb; stroke: #24599c }
  .outside { fill: #fdf3dc; stroke: #946a12 } .note { fill: none; stroke: #7a869a; stroke-dasharray: 5 4 }
  .title { fill: #14202e; font-weight: bold } .text { fill: #33404f } .arrow { stroke: #47566b; fill: none }
  .head { fill: #47566b } .label { fill: #33404f; stroke: #ffffff; stroke-width: 4; paint-order: stroke }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0f1620 } .box { fill: #1b2634; stroke: #93a4ba } .strong { fill: #17365c; stroke: #7fb2f0 }
    .outside { fill: #3b2f12; stroke: #e0b95c } .note { stroke: #93a4ba }
    .title { fill: #f2f6fb } .text { fill: #cdd7e3 } .arrow { stroke: #93a4ba } .head { fill: #93a4ba }
    .label { fill: #cdd7e3; stroke: #0f1620 }
  }
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A box at a column and a row of the grid; `span` columns wide. `look` is box, strong, outside or note."""

    key: str
    column: int
    row: int
    title: str
    lines: tuple[str, ...] = ()
    span: int = 1
    look: str = "box"


@dataclass(frozen=True, slots=True)
class Arrow:
    """A straight arrow between two boxes of one row, or between two rows at the column that both boxes cover."""

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """The rectangle of a box, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


def picture(title: str, boxes: Sequence[Box], arrows: Sequence[Arrow]) -> str:
    """Returns the SVG document. Columns and rows are as large as their text needs."""
    places = _places(boxes, arrows)
    width = round(max(place.right for place in places.values())) + _MARGIN
    height = round(max(place.bottom for place in places.values())) + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{width:g}" height="{height:g}" rx="8"/>',
        *(_drawn_arrow(places[arrow.start], places[arrow.end], arrow.label) for arrow in arrows),
        *(_drawn_box(box, places[box.key]) for box in boxes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def text_width(text: str, size: int) -> float:
    """The width of a text in pixels, a little more than any common sans-serif font needs."""
    return sum(0.92 if c in _WIDE else 0.36 if c in _NARROW else 0.62 for c in text) * size


def _needed_width(box: Box) -> float:
    lines = (text_width(line, _TEXT_PX) for line in box.lines)
    return max((text_width(box.title, _TITLE_PX) * 1.06, *lines)) + 2 * _PADDING


def _needed_height(box: Box) -> float:
    return 2 * _PADDING + _LINE * (1 + len(box.lines)) - 4


def _places(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> dict[str, _Place]:
    columns = 1 + max(box.column + box.span - 1 for box in boxes)
    rows = 1 + max(box.row for box in boxes)
    gaps = _gaps(boxes, arrows, columns)
    widths = _widths(boxes, gaps, columns)
    heights = [max((_needed_height(b) for b in boxes if b.row == r), default=0) for r in range(rows)]
    lefts, tops = _starts(widths, gaps), _starts(heights, [_GAP_Y] * rows)
    return {
        box.key: _Place(
            lefts[box.column],
            tops[box.row],
            lefts[box.column + box.span - 1] + widths[box.column + box.span - 1] - lefts[box.column],
            heights[box.row],
        )
        for box in boxes
    }


def _widths(boxes: Sequence[Box], gaps: Sequence[float], columns: int) -> list[float]:
    """The width of each column. The last column of a wide box grows if the box needs more room."""
    widths = [
        max((_needed_width(b) for b in boxes if b.span == 1 and b.column == c), default=90) for c in range(columns)
    ]
    for box in boxes:
        last = box.column + box.span - 1
        room = sum(widths[box.column : last + 1]) + sum(gaps[box.column : last])
        widths[last] += max(0.0, _needed_width(box) - room)
    return widths


def _gaps(boxes: Iterable[Box], arrows: Iterable[Arrow], columns: int) -> list[float]:
    """The gap behind each column: wide enough for the labels of the arrows that cross it."""
    by_key = {box.key: box for box in boxes}
    gaps: list[float] = [_GAP_X] * columns
    for arrow in arrows:
        start, end = by_key[arrow.start], by_key[arrow.end]
        if start.row == end.row and arrow.label:
            left = min(start, end, key=lambda box: box.column)
            gap = left.column + left.span - 1
            gaps[gap] = max(gaps[gap], text_width(arrow.label, _TEXT_PX) + 26)
    return gaps


def _starts(sizes: Sequence[float], gaps: Sequence[float]) -> list[float]:
    starts: list[float] = []
    at = float(_MARGIN)
    for size, gap in zip(sizes, gaps, strict=True):
        starts.append(round(at))
        at += size + gap
    return starts


def _drawn_box(box: Box, place: _Place) -> str:
    middle, first = place.x + place.width / 2, place.y + (place.height - _LINE * len(box.lines)) / 2 + 5
    texts = [
        f'<text class="{"text" if number else "title"}" x="{middle:g}" y="{first + number * _LINE:g}" '
        f'font-size="{_TEXT_PX if number else _TITLE_PX}" text-anchor="middle">{escape(line)}</text>'
        for number, line in enumerate((box.title, *box.lines))
    ]
    frame = (
        f'<rect class="{box.look}" x="{place.x:g}" y="{place.y:g}" width="{place.width:g}" '
        f'height="{place.height:g}" rx="6" stroke-width="1.3"/>'
    )
    return "\n".join((frame, *texts))


def _drawn_arrow(start: _Place, end: _Place, label: str) -> str:
    if start.y == end.y:
        y, forward = start.y + start.height / 2, start.x < end.x
        x1, x2 = (start.right, end.x) if forward else (start.x, end.right)
        tip = -8 if forward else 8
        head = f"{x2:g},{y:g} {x2 + tip:g},{y - 4.5:g} {x2 + tip:g},{y + 4.5:g}"
        line, at, anchor = (x1, y, x2 + tip, y), ((x1 + x2) / 2, y - 6), "middle"
    else:
        narrow, down = min(start, end, key=lambda place: place.width), start.y < end.y
        x = narrow.x + narrow.width / 2
        y1, y2 = (start.bottom, end.y) if down else (start.y, end.bottom)
        tip = -8 if down else 8
        head = f"{x:g},{y2:g} {x - 4.5:g},{y2 + tip:g} {x + 4.5:g},{y2 + tip:g}"
        line, at, anchor = (x, y1, x, y2 + tip), (x + 8, (y1 + y2) / 2 + 4), "start"
    drawn = (
        '<line class="arrow" x1="{:g}" y1="{:g}" x2="{:g}" y2="{:g}" stroke-width="1.5"/>'.format(*line)
        + f'<polygon class="head" points="{head}"/>'
    )
    if not label:
        return drawn
    return drawn + (
        f'<text class="label" x="{at[0]:g}" y="{at[1]:g}" font-size="{_TEXT_PX}" '
        f'text-anchor="{anchor}">{escape(label)}</text>'
    )
