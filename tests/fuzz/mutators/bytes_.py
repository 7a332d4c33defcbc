"""Damage that knows nothing of DICOM: bytes that flip, go, come, or are those of another place."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.cases import Case, mutator

#: beginnings of pixels: whole numbers, floats
_PIXELS = (b"\xe0\x7f\x10\x00OW", b"\xe0\x7f\x08\x00OF")


def _place(case: Case, content: bytes) -> int:
    """Mostly in the header, which is small: one flipped bit of a pixel is another pixel, and nobody can tell."""
    begins = [place for place in map(content.find, _PIXELS) if place > 0]
    header = min(begins, default=len(content) - 12) + 12
    if case.rng.random() < 0.03:
        return case.rng.randrange(len(content))
    return case.rng.randrange(max(header, 1))


def _chosen(case: Case) -> tuple[Path, bytearray]:
    path = case.rng.choice(case.images)
    return path, bytearray(path.read_bytes())


@mutator("bytes", 3.0)
def flipped_bits(case: Case) -> str:
    path, content = _chosen(case)
    places = [_place(case, content) for _ in range(case.rng.choice((1, 1, 1, 2, 4, 16, 64)))]
    for place in places:
        content[place] ^= 1 << case.rng.randrange(8)
    path.write_bytes(content)
    return f"{len(places)} bits flipped, first at byte {places[0]}"


@mutator("bytes", 2.0)
def other_bytes(case: Case) -> str:
    path, content = _chosen(case)
    place, size = _place(case, content), case.rng.choice((1, 2, 4, 8, 64, 512))
    value = case.rng.choice((b"\0", b"\xff", b"\x7f", b"\x80", b" ", b"9", None))
    content[place : place + size] = case.rng.randbytes(size) if value is None else value * size
    path.write_bytes(content)
    return f"{size} bytes overwritten at {place}"


@mutator("bytes", 1.5)
def cut_out(case: Case) -> str:
    path, content = _chosen(case)
    place, size = _place(case, content), case.rng.choice((1, 2, 3, 8, 64, 1000))
    del content[place : place + size]
    path.write_bytes(content)
    return f"{size} bytes cut out at {place}"


@mutator("bytes", 1.5)
def put_in(case: Case) -> str:
    path, content = _chosen(case)
    place, size = _place(case, content), case.rng.choice((1, 2, 3, 8, 64, 1000))
    content[place:place] = case.rng.randbytes(size)
    path.write_bytes(content)
    return f"{size} bytes put in at {place}"


@mutator("bytes")
def twice_the_same_part(case: Case) -> str:
    path, content = _chosen(case)
    place, size = _place(case, content), case.rng.choice((8, 32, 128, 1024))
    content[place:place] = content[place : place + size]
    path.write_bytes(content)
    return f"{size} bytes at {place} twice"


@mutator("bytes", 1.5)
def end_missing(case: Case) -> str:
    path, content = _chosen(case)
    end = _place(case, content) if case.rng.random() < 0.7 else case.rng.randrange(len(content))
    path.write_bytes(content[:end])
    return f"cut off at byte {end}"


@mutator("bytes", 0.5)
def more_at_the_end(case: Case) -> str:
    path, content = _chosen(case)
    size = case.rng.choice((1, 2, 100, 10_000))
    path.write_bytes(content + case.rng.randbytes(size))
    return f"{size} bytes more at the end"


@mutator("bytes", 1.5)
def lengths_that_lie(case: Case) -> str:
    """Four bytes at an even place of the header become a length: none, odd, undefined, larger than the file."""
    path, content = _chosen(case)
    place = max(132, _place(case, content) & ~1)
    value = case.rng.choice((0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 0x10000, len(content), 0xFFFE))
    content[place : place + 4] = value.to_bytes(4, "little")
    path.write_bytes(content)
    return f"length {value:#x} at byte {place}"


@mutator("bytes", 0.5)
def header_of_another_file(case: Case) -> str:
    path, content = _chosen(case)
    other = case.rng.choice(case.images).read_bytes()
    place = _place(case, content)
    path.write_bytes(other[:place] + bytes(content[place:]))
    return f"the first {place} bytes are those of another image"


@mutator("bytes", 0.5)
def beginning_damaged(case: Case) -> str:
    path, content = _chosen(case)
    what = case.rng.choice(("no preamble", "no DICM", "preamble twice", "zeros", "text"))
    if what == "no preamble":
        content = content[128:]
    elif what == "no DICM":
        content = content[132:]
    elif what == "preamble twice":
        content = content[:132] + content
    elif what == "zeros":
        content[:200] = bytes(200)
    else:
        content[:0] = b"HTTP/1.1 200 OK\r\n\r\n"
    path.write_bytes(content)
    return what
