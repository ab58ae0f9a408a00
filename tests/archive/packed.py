# SPDX-License-Identifier: MIT
"""Makes archives of every kind of {name: bytes}: by Python's library, by hand (cabinets), by libarchive (7z, zstd)."""

import bz2
import ctypes
import ctypes.util
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib


def zipped(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def tar(files, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    return out.getvalue()


def checksum(data, value=0):
    """Of a cabinet's block: 32 bits at a time, what is left over in another order."""
    whole = len(data) // 4 * 4
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        value ^= word
    return value ^ int.from_bytes(data[whole:], "big")


def cab(files, packed=True):
    """One folder, stored or MSZIP: each block deflated with what came before as its dictionary."""
    content, blocks, before = b"".join(files.values()), [], b""
    for at in range(0, len(content), 32768):
        plain = content[at : at + 32768]
        stored = plain
        if packed:
            deflate = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=before) if before else zlib.compressobj(9, 8, -15)
            stored = b"CK" + deflate.compress(plain) + deflate.flush()
        sizes = struct.pack("<HH", len(stored), len(plain))
        blocks.append(struct.pack("<I", checksum(sizes, checksum(stored))) + sizes + stored)
        before = plain
    entries, at = b"", 0
    for name, data in files.items():
        entries += struct.pack("<IIHHHH", len(data), at, 0, 0x5821, 0, 0x20) + name.encode() + b"\0"
        at += len(data)
    first, data_at = 36 + 8, 36 + 8 + len(entries)
    size = data_at + sum(map(len, blocks))
    header = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, first, 0, 3, 1, 1, len(files), 0, 1, 0)
    return header + struct.pack("<IHH", data_at, len(blocks), int(packed)) + entries + b"".join(blocks)


def by_libarchive(form, files, compression=None):
    """What Python has no writer for. None where libarchive is not here, or lacks it."""
    found = ctypes.util.find_library("archive")
    if not found:
        return None
    library = ctypes.CDLL(found)
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.archive_write_new.restype = library.archive_entry_new.restype = pointer
    library.archive_write_data.restype = ctypes.c_ssize_t
    archive = pointer(library.archive_write_new())
    ready = getattr(library, f"archive_write_set_format_{form}")(archive)
    if compression and ready == 0:
        ready = getattr(library, f"archive_write_add_filter_{compression}")(archive)
    room = ctypes.create_string_buffer(sum(map(len, files.values())) * 2 + (1 << 20))
    used = size()
    if ready != 0 or library.archive_write_open_memory(archive, room, size(len(room)), ctypes.byref(used)):
        return None
    for name, data in files.items():
        entry = pointer(library.archive_entry_new())
        library.archive_entry_set_pathname(entry, name.encode())
        library.archive_entry_set_size(entry, ctypes.c_int64(len(data)))
        library.archive_entry_set_filetype(entry, ctypes.c_uint(0o100000))
        library.archive_entry_set_perm(entry, ctypes.c_uint(0o644))
        assert library.archive_write_header(archive, entry) == 0
        assert library.archive_write_data(archive, data, size(len(data))) == len(data)
        library.archive_entry_free(entry)
    assert library.archive_write_close(archive) == 0
    library.archive_write_free(archive)
    return room.raw[: used.value]


def diagsession(files):
    """A package as Visual Studio writes it: a zip with its parts' types and traces in folders named by GUIDs."""
    parts = {"[Content_Types].xml": b"<Types/>", "metadata.xml": b"<Package/>"}
    parts.update(
        {f"3f2504e0-4f89-11d3-9a0c-0305e82c33{n:02x}/{name}": data for n, (name, data) in enumerate(files.items())}
    )
    return zipped(parts)


# Of {name: bytes}, several files in one.
ARCHIVES = {
    "zip": zipped,
    "zip-stored": lambda files: zipped(files, zipfile.ZIP_STORED),
    "zip-lzma": lambda files: zipped(files, zipfile.ZIP_LZMA),
    "diagsession": diagsession,
    "cab": cab,
    "cab-stored": lambda files: cab(files, packed=False),
    "7z": lambda files: by_libarchive("7zip", files),
    "tar": tar,
    "tar.gz": lambda files: tar(files, "w:gz"),
    "tar.xz": lambda files: tar(files, "w:xz"),
    "tar.bz2": lambda files: tar(files, "w:bz2"),
    "tar.zst": lambda files: by_libarchive("pax_restricted", files, "zstd"),
    "zip.gz": lambda files: gzip.compress(zipped(files)),
}
# Of one trace.
COMPRESSED = {
    "gz": gzip.compress,
    "gz.gz": lambda data: gzip.compress(gzip.compress(data)),
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": lambda data: by_libarchive("raw", {"data": data}, "zstd"),
    "lz4": lambda data: by_libarchive("raw", {"data": data}, "lz4"),
}
