# SPDX-License-Identifier: MIT
"""compression.md: the stream of a compressed buffer, which MS-XCA calls plain LZ77."""


class DamagedStreamError(Exception):
    """The stream ends too early or cannot be; `inflated` is what came out until there."""

    def __init__(self, inflated):
        super().__init__("damaged compressed data")
        self.inflated = bytes(inflated)


class Stream:
    """The compressed bytes, read in little-endian numbers, and the byte whose two nibbles two matches share."""

    def __init__(self, data):
        self.data = data
        self.at = 0
        self.shared = None

    def number(self, size):
        """The next number of so many bytes."""
        if self.at + size > len(self.data):
            raise EOFError
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "little")

    def nibble(self):
        """The low half of a new byte, or the high half of the one before."""
        if self.shared is None:
            self.shared = self.number(1)
            return self.shared & 15
        high, self.shared = self.shared >> 4, None
        return high

    def length(self, bits):
        """The length of a match whose three bits are given."""
        if bits < 7:
            return bits + 3
        nibble = self.nibble()
        if nibble < 15:
            return nibble + 10
        byte = self.number(1)
        if byte < 255:
            return byte + 25
        rest = self.number(2) or self.number(4)
        if rest < 22:
            raise EOFError
        return rest + 3


def inflate(data, size):
    """The `size` bytes that the stream stands for, or DamagedStreamError with what there is of them."""
    stream, out = Stream(data), bytearray()
    try:
        while len(out) < size:
            flags = stream.number(4)
            for bit in range(31, -1, -1):
                if len(out) >= size:
                    break
                if flags >> bit & 1:
                    copy_match(stream, out, size)
                else:
                    out.append(stream.number(1))
    except EOFError:
        raise DamagedStreamError(out) from None
    return bytes(out)


def copy_match(stream, out, size):
    """Repeats what stands `distance` bytes back, byte by byte, since a match may run into what it writes."""
    match = stream.number(2)
    distance, length = (match >> 3) + 1, stream.length(match & 7)
    if distance > len(out):
        raise EOFError
    for _ in range(min(length, size - len(out))):
        out.append(out[-distance])
