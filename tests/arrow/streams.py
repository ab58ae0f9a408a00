# SPDX-License-Identifier: MIT
"""Arrow streams of libetwkit.so through ctypes, for who imports the Arrow C stream interface."""

import contextlib
import ctypes
import os


class TraceOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("allocator", ctypes.c_void_p),
        ("filter", ctypes.c_void_p),
        ("unordered", ctypes.c_bool),
        ("strict", ctypes.c_bool),
        ("follow", ctypes.c_bool),
        ("schema_paths", ctypes.POINTER(ctypes.c_char_p)),
        ("schema_path_count", ctypes.c_size_t),
        ("memory_limit", ctypes.c_uint64),
        ("on_damage", ctypes.c_void_p),
        ("on_damage_context", ctypes.c_void_p),
        ("no_look_ahead", ctypes.c_bool),
        ("threads", ctypes.c_uint),
        ("no_bundled_schemas", ctypes.c_bool),
    ]


class Options(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("trace", ctypes.POINTER(TraceOptions)),
        ("flags", ctypes.c_uint),
        ("columns", ctypes.POINTER(ctypes.c_char_p)),
        ("column_count", ctypes.c_size_t),
        ("provider", ctypes.c_char_p),
        ("event", ctypes.c_char_p),
        ("batch_rows", ctypes.c_size_t),
        ("batch_bytes", ctypes.c_size_t),
    ]


class Error(ctypes.Structure):
    _fields_ = [
        ("status", ctypes.c_int),
        ("buffer", ctypes.c_uint32),
        ("record", ctypes.c_uint32),
        ("offset", ctypes.c_uint64),
        ("system_error", ctypes.c_int),
        ("message", ctypes.c_char * 512),
    ]


class Stats(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_uint64) for name in ("selected", "rows", "batches", "times_null", "values_null", "damage")
    ]


class Stream(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("get_schema", "get_next", "get_last_error", "release", "private")]


class Schema(ctypes.Structure):
    _fields_ = [
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_void_p),
        ("flags", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


capsule_new = ctypes.pythonapi.PyCapsule_New
capsule_new.restype = ctypes.py_object
capsule_new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
FLAGS = {"payload": 1, "message": 2, "rest": 4, "truncated": 8, "numeric": 16}


class Refused(Exception):
    """A status of the library, with its sentence."""


class Recipe:
    """An etwkit_arrow: each use of it as an Arrow object is a fresh stream."""

    def __init__(self, library, path, *flags, columns=None, threads=0, data=None, **options):
        self.library = library
        self.kept = []  # structs that live as long as consumers hold capsules of them
        self.arrow = ctypes.c_void_p()
        error = Error()
        trace = TraceOptions(struct_size=ctypes.sizeof(TraceOptions), threads=threads)
        texts = {name: os.fsencode(value) for name, value in options.items() if isinstance(value, str)}
        made = Options(**{**options, **texts})
        made.struct_size = ctypes.sizeof(Options)
        made.trace = ctypes.pointer(trace)
        made.flags = sum(FLAGS[flag] for flag in flags)
        if columns is not None:
            made.columns = (ctypes.c_char_p * len(columns))(*(name.encode() for name in columns))
            made.column_count = len(columns)
        if data is None:
            paths = (ctypes.c_char_p * 1)(os.fsencode(path))
            status = library.etwkit_arrow_open(
                ctypes.byref(self.arrow), paths, 1, ctypes.byref(made), ctypes.byref(error)
            )
        else:
            status = library.etwkit_arrow_open_memory(
                ctypes.byref(self.arrow), data, len(data), None, ctypes.byref(made), ctypes.byref(error)
            )
        if status:
            raise Refused(status, error.message.decode())

    def stream(self):
        stream, error = Stream(), Error()
        status = self.library.etwkit_arrow_stream(self.arrow, ctypes.byref(stream), ctypes.byref(error))
        if status:
            raise Refused(status, error.message.decode())
        return stream

    def __arrow_c_stream__(self, requested_schema=None):
        self.kept.append(self.stream())
        return capsule_new(ctypes.addressof(self.kept[-1]), b"arrow_array_stream", None)

    def __arrow_c_schema__(self):
        schema, error = Schema(), Error()
        if self.library.etwkit_arrow_schema(self.arrow, ctypes.byref(schema), ctypes.byref(error)):
            raise MemoryError(error.message.decode())
        self.kept.append(schema)
        return capsule_new(ctypes.addressof(schema), b"arrow_schema", None)

    @property
    def stats(self):
        return self.library.etwkit_arrow_get_stats(self.arrow)

    def close(self):
        self.library.etwkit_arrow_close(ctypes.byref(self.arrow))


@contextlib.contextmanager
def recipe(library, path, *flags, **options):
    made = Recipe(library, path, *flags, **options)
    try:
        yield made
    finally:
        made.close()


def load(build):
    """libetwkit.so of a build."""
    library = ctypes.CDLL(str(build / "src" / "libetwkit.so"))
    library.etwkit_arrow_get_stats.restype = Stats
    library.etwkit_arrow_open_memory.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_char_p,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    return library
