/* SPDX-License-Identifier: MIT */
/* What of a trace leaves as Arrow: capsules of streams that are independent of all Python objects. */
#ifndef PYETWKIT_ARROW_H
#define PYETWKIT_ARROW_H

#include "trace.h"

#include <etwkit/arrow.h>

/* Capsules as the Arrow PyCapsule interface names them; NULL with an exception. */
PyObject *arrow_stream_capsule(core_state *state, etwkit_arrow *arrow);
PyObject *arrow_schema_capsule(core_state *state, etwkit_arrow *arrow);
/* A Selection of the trace's events. Takes over `arrow`, which may be NULL with an exception. */
PyObject *selection_new(core_state *state, etwkit_arrow *arrow);
/* Trace.select(). */
PyObject *trace_select(PyObject *self, PyObject *args, PyObject *keywords);
/* A recipe of streams of the trace as it was opened. NULL with an exception. */
etwkit_arrow *arrow_open(core_state *state, const trace_object *trace, etwkit_arrow_options *options);
/* to_arrow() and the like: the function of that name in pyetwkit._frames, with self in front. */
PyObject *arrow_convert(PyObject *self, const char *name, PyObject *args, PyObject *keywords);

#define ARROW_CONVERTER(name)                                                   \
    static PyObject *name(PyObject *self, PyObject *args, PyObject *keywords) { \
        return arrow_convert(self, #name, args, keywords);                      \
    }
#define ARROW_CONVERTERS       \
    ARROW_CONVERTER(to_arrow)  \
    ARROW_CONVERTER(to_pandas) \
    ARROW_CONVERTER(to_polars) \
    ARROW_CONVERTER(to_parquet)
#define ARROW_METHOD(name, text) \
    { #name, (PyCFunction)(void (*)(void))name, METH_VARARGS | METH_KEYWORDS, text }
#define ARROW_METHODS                                                                                                  \
    ARROW_METHOD(to_arrow, "to_arrow($self, /)\n--\n\nA pyarrow.Table. Needs the extra pyetwkit[arrow]."),             \
        ARROW_METHOD(to_pandas, "to_pandas($self, /, **options)\n--\n\nA pandas.DataFrame; options are those of "      \
                                "pyarrow.Table.to_pandas(). Needs the extra pyetwkit[pandas]."),                       \
        ARROW_METHOD(to_polars, "to_polars($self, /)\n--\n\nA polars.DataFrame. Needs the extra pyetwkit[polars]."),   \
        ARROW_METHOD(to_parquet, "to_parquet($self, path, /, **options)\n--\n\nWrites a parquet file batch by batch; " \
                                 "options are those of pyarrow.parquet.ParquetWriter. The number of rows. Needs the "  \
                                 "extra pyetwkit[arrow].")

#endif
