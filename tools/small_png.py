"""Makes a browser's screenshot small: a palette of at most 256 colours, well packed.

Reads 8-bit RGB and RGBA without interlacing, which is what Chromium writes (PNG, W3C).
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from itertools import pairwise

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LEVELS = 12
"""Steps that each channel is rounded to where there are more than 256 colours."""


def small_png(picture: bytes) -> bytes:
    """The same picture with a palette."""
    width, height, channels, rows = _rows(picture)
    pixels = [
        bytes(value for n in range(width) for value in row[n * channels : n * channels + 3])
        for row in rows
    ]
    colours = _count(pixels)
    if len(colours) > 256:
        table = bytes(round(round(n * LEVELS / 255) * 255 / LEVELS) for n in range(256))
        exact = {colour for colour, _ in colours.most_common(64)}
        pixels = [_rounded(row, table, exact) for row in pixels]
        colours = _count(pixels)
    palette = [colour for colour, _ in colours.most_common(256)]
    places = {colour: place for place, colour in enumerate(palette)}
    for colour in colours.keys() - places.keys():
        places[colour] = min(range(len(palette)), key=lambda n: _apart(colour, palette[n]))
    body = b"".join(b"\0" + bytes(places[one] for one in _triples(row)) for row in pixels)
    return (
        SIGNATURE
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", b"".join(palette))
        + _chunk(b"IDAT", zlib.compress(body, 9))
        + _chunk(b"IEND", b"")
    )


def _count(rows: list[bytes]) -> Counter[bytes]:
    return Counter(colour for row in rows for colour in _triples(row))


def _triples(row: bytes) -> list[bytes]:
    return [row[start:end] for start, end in pairwise(range(0, len(row) + 1, 3))]


def _rounded(row: bytes, table: bytes, exact: set[bytes]) -> bytes:
    return b"".join(one if one in exact else one.translate(table) for one in _triples(row))


def _apart(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _rows(picture: bytes) -> tuple[int, int, int, list[bytes]]:
    if not picture.startswith(SIGNATURE):
        raise ValueError("no PNG")
    at, packed, head = len(SIGNATURE), b"", b""
    while at < len(picture):
        length, kind = struct.unpack(">I4s", picture[at : at + 8])
        data = picture[at + 8 : at + 8 + length]
        head = data if kind == b"IHDR" else head
        packed += data if kind == b"IDAT" else b""
        at += length + 12
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    if depth != 8 or colour not in {2, 6} or interlaced:
        raise ValueError("not a picture that Chromium draws")
    channels = 3 if colour == 2 else 4
    raw, stride = zlib.decompress(packed), width * channels
    rows, above = [], bytes(stride)
    for number in range(height):
        start = number * (stride + 1)
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + stride], above, channels)
        rows.append(above)
    return width, height, channels, rows


def _unfiltered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    """Undo one of PNG's five filters (None, Sub, Up, Average, Paeth)."""
    made = bytearray(row)
    for n in range(len(made)):
        left = made[n - step] if n >= step else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = above[n]
        elif kind == 3:
            guess = (left + above[n]) // 2
        elif kind == 4:
            guess = _paeth(left, above[n], above[n - step] if n >= step else 0)
        else:
            return row
        made[n] = (made[n] + guess) & 255
    return bytes(made)


def _paeth(left: int, up: int, corner: int) -> int:
    near = left + up - corner
    to_left, to_up, to_corner = abs(near - left), abs(near - up), abs(near - corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
