"""Lines of bytes, none held beyond the limit."""

from io import BytesIO

from service.record.lines import Line, lines_of


def _lines(content: bytes, limit: int = 10) -> list[Line]:
    return list(lines_of(BytesIO(content), limit))


def test_lines_are_numbered_as_an_editor_numbers_them_and_blank_ones_are_left_out() -> None:
    assert [(line.number, line.content) for line in _lines(b"a\n\n  \nb\r\n")] == [(1, b"a"), (4, b"b")]


def test_a_line_of_just_the_limit_is_kept() -> None:
    assert _lines(b"0123456789\nb\n")[0].content == b"0123456789"


def test_a_line_beyond_the_limit_is_skipped_without_being_kept_and_the_next_one_is_whole() -> None:
    long, after = _lines(b"x" * 1_000_000 + b"\nb\n")
    assert long.too_long
    assert long.content == b""
    assert (after.number, after.content) == (2, b"b")


def test_offsets_count_every_byte_so_that_progress_ends_at_the_end() -> None:
    content = b"a\n\n" + b"x" * 50 + b"\nb"
    assert _lines(content)[-1].end_offset == len(content)


def test_a_last_line_without_its_end_is_known_for_one() -> None:
    assert [line.whole for line in _lines(b"a\nb")] == [True, False]


def test_the_end_of_a_long_last_line_is_the_end() -> None:
    (line,) = _lines(b"x" * 100)
    assert line.too_long
    assert not line.whole
