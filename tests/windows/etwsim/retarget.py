# SPDX-License-Identifier: MIT
"""Copies a Windows program so that it gets its ETW from the double.

    python3 retarget.py etwsim.dll PROGRAM COPY

Each imported function that the double exports is taken from it in the copy, whatever DLL it came from; the others stay
where they were. For that the copy gets a section with new import descriptors: the import addresses stay where the
program's code looks for them, and each run of neighbours from one DLL is a descriptor. As the double exports
GetProcAddress, what the program looks up by name reaches it, too. The program itself knows nothing of it.
"""

import argparse
import pathlib
import re
import shutil
import struct
import sys

DOUBLE = "etwsim.dll"
# What may not stay behind: all of these DLLs, and of any other what has such a name.
ETW_DLLS = ("sechost.dll", "tdh.dll")
ETW_NAMES = re.compile(
    r"Event(Register|Unregister|Set|Write|Activity|Access|Provider|Enabled)|\w*Trace([AW]|Ex2?|Guids\w*|s[AW])?$"
)


class Broken(Exception):
    """The file is no PE32+ program that this can change."""


class Image:
    """A PE32+ file: its bytes, sections and directories."""

    def __init__(self, data):
        self.data = bytearray(data)
        if self.data[:2] != b"MZ":
            raise Broken("no MZ at its begin")
        self.pe = self.u32(0x3C)
        if self.data[self.pe : self.pe + 4] != b"PE\0\0" or self.u16(self.pe + 24) != 0x20B:
            raise Broken("no PE32+ image")
        self.optional = self.pe + 24
        self.table = self.optional + self.u16(self.pe + 20)

    def u16(self, at):
        return struct.unpack_from("<H", self.data, at)[0]

    def u32(self, at):
        return struct.unpack_from("<I", self.data, at)[0]

    def u64(self, at):
        return struct.unpack_from("<Q", self.data, at)[0]

    def put(self, at, form, *values):
        struct.pack_into("<" + form, self.data, at, *values)

    def sections(self):
        """(address, size in memory, offset, size in the file) of each."""
        for at in range(self.table, self.table + 40 * self.u16(self.pe + 6), 40):
            size, address, raw_size, raw = struct.unpack_from("<4I", self.data, at + 8)
            yield address, max(size, raw_size), raw, raw_size

    def offset(self, rva):
        for address, _, raw, raw_size in self.sections():
            if address <= rva < address + raw_size:
                return rva - address + raw
        raise Broken(f"no section holds address {rva:#x}")

    def text(self, rva):
        at = self.offset(rva)
        return self.data[at : self.data.index(0, at)].decode("ascii")

    def directory(self, number):
        """Where the entry of a data directory stands: address, size."""
        return self.optional + 112 + 8 * number

    def add_section(self, name, make):
        """A section at the end; make(address) gives its bytes."""
        section, file = self.u32(self.optional + 32), self.u32(self.optional + 36)
        count = self.u16(self.pe + 6)
        header = self.table + 40 * count
        if header + 40 > self.u32(self.optional + 60) or any(self.data[header : header + 40]):
            raise Broken("no room for the header of another section")
        address = max(rva + size for rva, size, _, _ in self.sections())
        address = (address + section - 1) // section * section
        content = make(address)
        raw_size = (len(content) + file - 1) // file * file
        # Behind everything, a symbol table of the linker's included.
        raw = (len(self.data) + file - 1) // file * file
        self.data += bytes(raw - len(self.data)) + content + bytes(raw_size - len(content))
        readable_writable_data = 0xC0000040
        self.put(header, "8s6I2HI", name, len(content), address, raw_size, raw, 0, 0, 0, 0, readable_writable_data)
        self.put(self.pe + 6, "H", count + 1)
        self.put(self.optional + 56, "I", (address + len(content) + section - 1) // section * section)
        self.put(self.optional + 64, "I", 0)  # the checksum, which only drivers need
        return address


def exports(path):
    """The names that a DLL exports."""
    image = Image(path.read_bytes())
    at = image.offset(image.u32(image.directory(0)))
    count, names = image.u32(at + 24), image.offset(image.u32(at + 32))
    return {image.text(image.u32(names + 4 * i)) for i in range(count)}


def imports(image):
    """(DLL, address of its import addresses, [what each of them is: (thunk, name or None)]) of each descriptor."""
    at = image.offset(image.u32(image.directory(1)))
    while any(image.data[at : at + 20]):
        lookup, _, _, name, addresses = struct.unpack_from("<5I", image.data, at)
        thunks = []
        entry = image.offset(lookup or addresses)
        while thunk := image.u64(entry):
            thunks.append((thunk, None if thunk >> 63 else image.text((thunk & 0x7FFFFFFF) + 2)))
            entry += 8
        yield image.text(name), addresses, thunks
        at += 20


def runs(image, own):
    """(DLL, address of the first import address, [thunk, ...]): neighbours that come from one DLL."""
    taken = set()
    for dll, addresses, thunks in imports(image):
        run = None
        for index, (thunk, name) in enumerate(thunks):
            target = DOUBLE if name in own else dll
            if name in own:
                taken.add(name)
            elif dll.lower() in ETW_DLLS or ETW_NAMES.match(name or ""):
                raise Broken(f"it imports {name} of {dll}, which {DOUBLE} does not have")
            if not run or run[0] != target:
                if run:
                    yield run
                run = (target, addresses + 8 * index, [])
            run[2].append(thunk)
        if run:
            yield run
    if not taken - {"AdjustTokenPrivileges", "GetProcAddress", "RtlGetVersion"}:
        print(f"etwsim: nothing of ETW is imported by name; what is looked up goes to {DOUBLE}", file=sys.stderr)


def retarget(image, own):
    descriptors = list(runs(image, own))

    def make(address):
        head = 20 * (len(descriptors) + 1)
        names, tail = {}, bytearray()
        for dll, _, _ in descriptors:
            if dll not in names:
                names[dll] = address + head + len(tail)
                tail += dll.encode("ascii") + b"\0"
        tail += bytes(-(head + len(tail)) % 8)
        table = bytearray()
        for dll, first, thunks in descriptors:
            table += struct.pack("<5I", address + head + len(tail), 0, 0, names[dll], first)
            tail += struct.pack(f"<{len(thunks) + 1}Q", *thunks, 0)
        return bytes(table) + bytes(20) + bytes(tail)

    address = image.add_section(b".etwsim", make)
    image.put(image.directory(1), "2I", address, 20 * (len(descriptors) + 1))
    image.put(image.directory(11), "2I", 0, 0)  # addresses that were bound at link time


def copy(double, program, target):
    """Writes the copy, with the double beside it."""
    image = Image(program.read_bytes())
    retarget(image, exports(double))
    target.write_bytes(image.data)
    target.chmod(0o755)
    beside = target.parent / DOUBLE
    if not beside.exists() or not beside.samefile(double):
        shutil.copyfile(double, beside)


def main():
    parser = argparse.ArgumentParser(description="Copies a Windows program so that it gets its ETW from the double.")
    parser.add_argument("double", type=pathlib.Path, help=DOUBLE)
    parser.add_argument("program", type=pathlib.Path, help="a program, or a DLL of it")
    parser.add_argument("copy", type=pathlib.Path, help=f"where the copy goes; {DOUBLE} is put beside it")
    arguments = parser.parse_args()
    try:
        copy(arguments.double, arguments.program, arguments.copy)
    except (Broken, OSError) as error:
        sys.exit(f"{arguments.program}: {error}")


if __name__ == "__main__":
    main()
