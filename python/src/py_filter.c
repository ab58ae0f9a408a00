/* SPDX-License-Identifier: MIT */
/* The type EventFilter: conditions that are decided in C before an event becomes an object. */
#include "event.h"

#include <string.h>

typedef struct filter_object {
    PyObject_HEAD etwkit_filter *filter; /* never NULL, never changed */
} filter_object;

const etwkit_filter *filter_of(PyObject *filter) {
    return filter && filter != Py_None ? ((filter_object *)filter)->filter : NULL;
}

/* Conditions on their way into one filter. */
typedef struct builder {
    etwkit_filter **items;
    Py_ssize_t count;
} builder;

/* Takes over `filter`; NULL is a failure of its constructor. */
static int add(builder *to, etwkit_filter *filter) {
    if (!filter) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        return -1;
    }
    etwkit_filter **more = PyMem_Realloc(to->items, (size_t)(to->count + 1) * sizeof(void *));
    if (!more) {
        etwkit_filter_free(filter);
        PyErr_NoMemory();
        return -1;
    }
    to->items = more;
    to->items[to->count++] = filter;
    return 0;
}

static void drop(builder *to) {
    for (Py_ssize_t i = 0; i < to->count; i++)
        etwkit_filter_free(to->items[i]);
    PyMem_Free(to->items);
    *to = (builder){NULL, 0};
}

/* One filter of them all; NULL with an exception. */
static etwkit_filter *join(builder *from, bool all) {
    etwkit_filter *(*combine)(const etwkit_allocator *, etwkit_filter *const *, size_t) =
        all ? etwkit_filter_all : etwkit_filter_any;
    etwkit_filter *made = combine(NULL, from->items, (size_t)from->count);
    PyMem_Free(from->items);
    *from = (builder){NULL, 0};
    if (!made)
        PyErr_NoMemory();
    return made;
}

/* An object of the type; takes over `filter`, which may be NULL with an exception. */
static PyObject *wrap(PyTypeObject *type, etwkit_filter *filter) {
    filter_object *made = filter ? PyObject_New(filter_object, type) : NULL;
    if (!made)
        etwkit_filter_free(filter);
    else
        made->filter = filter;
    return (PyObject *)made;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    etwkit_filter_free(((filter_object *)self)->filter);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* 1, 0, or -1 with an exception, which is any but that it is not there. */
static int has(PyObject *object, const char *name) {
    PyObject *found = PyObject_GetAttrString(object, name);
    Py_XDECREF(found);
    if (found || !PyErr_ExceptionMatches(PyExc_AttributeError))
        return found ? 1 : -1;
    PyErr_Clear();
    return 0;
}

/* What is one item or several, as a sequence. A str is one. */
static PyObject *several(PyObject *given) {
    int many = PyUnicode_Check(given) || PyIndex_Check(given) ? 0 : has(given, "__iter__");
    return many < 0 ? NULL : many ? PySequence_Tuple(given) : PyTuple_Pack(1, given);
}

/* Numbers up to `most`; to be freed. NULL with an exception. */
static uint32_t *numbers_of(PyObject *given, const char *name, uint64_t most, size_t *count) {
    PyObject *tuple = several(given);
    if (!tuple)
        return NULL;
    *count = (size_t)PyTuple_Size(tuple);
    uint32_t *numbers = PyMem_Calloc(*count + 1, sizeof *numbers);
    if (!numbers)
        PyErr_NoMemory();
    for (size_t i = 0; numbers && i < *count; i++) {
        PyObject *item = PyTuple_GetItem(tuple, (Py_ssize_t)i), *index = PyNumber_Index(item);
        uint64_t number = index ? PyLong_AsUnsignedLongLong(index) : UINT64_MAX;
        bool wrong_type = !index;
        Py_XDECREF(index);
        if (!wrong_type && number <= most && !PyErr_Occurred()) {
            numbers[i] = (uint32_t)number;
            continue;
        }
        if (!wrong_type) {
            PyErr_Clear();
            PyErr_Format(PyExc_ValueError, "%s: %R is not between 0 and %llu", name, item, (unsigned long long)most);
        }
        PyMem_Free(numbers);
        numbers = NULL;
    }
    Py_DECREF(tuple);
    return numbers;
}

static etwkit_filter *id_filter(const uint32_t *numbers, size_t count) {
    uint16_t *ids = PyMem_Calloc(count + 1, sizeof *ids);
    for (size_t i = 0; ids && i < count; i++)
        ids[i] = (uint16_t)numbers[i];
    etwkit_filter *made = ids ? etwkit_filter_ids(NULL, ids, count) : NULL;
    PyMem_Free(ids);
    return made;
}

static etwkit_filter *opcode_filter(const uint32_t *numbers, size_t count) {
    uint8_t *opcodes = PyMem_Calloc(count + 1, sizeof *opcodes);
    for (size_t i = 0; opcodes && i < count; i++)
        opcodes[i] = (uint8_t)numbers[i];
    etwkit_filter *made = opcodes ? etwkit_filter_opcodes(NULL, opcodes, count) : NULL;
    PyMem_Free(opcodes);
    return made;
}

static etwkit_filter *process_filter(const uint32_t *numbers, size_t count) {
    return etwkit_filter_processes(NULL, numbers, count);
}

static etwkit_filter *thread_filter(const uint32_t *numbers, size_t count) {
    return etwkit_filter_threads(NULL, numbers, count);
}

/* Exactly these: between one's "at most" and the next lower one's. */
static etwkit_filter *level_filter(const uint32_t *numbers, size_t count) {
    builder any = {NULL, 0};
    for (size_t i = 0; i < count; i++) {
        etwkit_filter *exact = etwkit_filter_level_at_most(NULL, (uint8_t)numbers[i]);
        if (numbers[i] && exact) {
            etwkit_filter *both[] = {
                exact, etwkit_filter_not(NULL, etwkit_filter_level_at_most(NULL, (uint8_t)(numbers[i] - 1)))};
            exact = etwkit_filter_all(NULL, both, 2);
        }
        if (add(&any, exact)) {
            drop(&any);
            return NULL;
        }
    }
    return join(&any, false);
}

static int add_numbers(builder *to, PyObject *given, const char *name, uint64_t most,
                       etwkit_filter *(*make)(const uint32_t *numbers, size_t count)) {
    size_t count;
    if (given == Py_None)
        return 0;
    uint32_t *numbers = numbers_of(given, name, most, &count);
    int result = numbers ? add(to, make(numbers, count)) : -1;
    PyMem_Free(numbers);
    return result;
}

static etwkit_filter *provider_filter(const char *text) {
    etwkit_guid id;
    return etwkit_guid_parse(&id, text) == ETWKIT_OK ? etwkit_filter_provider_id(NULL, &id)
                                                     : etwkit_filter_provider_name(NULL, text);
}

static etwkit_filter *event_filter(const char *text) {
    return etwkit_filter_event_name(NULL, text);
}

/* Any of the names; a UUID is its text. */
static int add_names(builder *to, PyObject *given, const char *name, etwkit_filter *(*make)(const char *text)) {
    if (given == Py_None)
        return 0;
    PyObject *tuple = several(given);
    builder any = {NULL, 0};
    bool good = tuple != NULL;
    for (Py_ssize_t i = 0; good && i < PyTuple_Size(tuple); i++) {
        PyObject *item = PyTuple_GetItem(tuple, i);
        int is_uuid = make == provider_filter && !PyUnicode_Check(item) ? has(item, "bytes_le") : 0;
        PyObject *text = is_uuid < 0 ? NULL : is_uuid ? PyObject_Str(item) : Py_NewRef(item);
        const char *utf8 = text ? core_utf8(text, name) : NULL;
        good = utf8 && add(&any, make(utf8)) == 0;
        Py_XDECREF(text);
    }
    Py_XDECREF(tuple);
    if (good)
        return add(to, join(&any, false));
    drop(&any);
    return -1;
}

/* A FILETIME of an aware datetime, an ISO text, or an int of nanoseconds since 1970. */
static int time_of(PyObject *given, const char *name, int64_t *filetime) {
    if (PyUnicode_Check(given)) {
        const char *text = core_utf8(given, name);
        if (text && etwkit_time_parse(filetime, text) == ETWKIT_OK)
            return 0;
        if (text)
            PyErr_Format(PyExc_ValueError, "%s: %R is no time like 2020-10-30T05:10:54.12Z", name, given);
        return -1;
    }
    if (PyLong_Check(given)) {
        int64_t nanoseconds = PyLong_AsLongLong(given);
        if (nanoseconds == -1 && PyErr_Occurred())
            return -1;
        *filetime = nanoseconds / 100 - (nanoseconds % 100 < 0) + ETWKIT_FILETIME_UNIX_EPOCH;
        return 0;
    }
    int is_time = has(given, "utcoffset");
    if (is_time == 0)
        PyErr_Format(PyExc_TypeError, "%s must be a datetime, a str or an int of nanoseconds, not %R", name, given);
    if (is_time <= 0)
        return -1;
    PyObject *zone = PyObject_CallMethod(given, "utcoffset", NULL), *text = NULL;
    if (zone == Py_None)
        PyErr_Format(PyExc_ValueError, "%s: %R has no time zone", name, given);
    else if (zone)
        text = PyObject_CallMethod(given, "isoformat", NULL);
    Py_XDECREF(zone);
    int result = text ? time_of(text, name, filetime) : -1;
    Py_XDECREF(text);
    return result;
}

static int add_times(builder *to, PyObject *since, PyObject *until) {
    int64_t from = INT64_MIN, last = INT64_MAX;
    if (since == Py_None && until == Py_None)
        return 0;
    if ((since != Py_None && time_of(since, "since", &from)) || (until != Py_None && time_of(until, "until", &last)))
        return -1;
    return add(to, etwkit_filter_time(NULL, from, last));
}

static int mask_of(PyObject *given, uint64_t *mask) {
    *mask = 0;
    if (given == Py_None)
        return 0;
    PyObject *index = PyNumber_Index(given);
    *mask = index ? PyLong_AsUnsignedLongLong(index) : 0;
    Py_XDECREF(index);
    return PyErr_Occurred() ? -1 : 0;
}

static int add_keywords(builder *to, PyObject *any, PyObject *all) {
    uint64_t any_mask, all_mask;
    if (mask_of(any, &any_mask) || mask_of(all, &all_mask))
        return -1;
    return any_mask || all_mask ? add(to, etwkit_filter_keywords(NULL, any_mask, all_mask)) : 0;
}

static int add_highest_level(builder *to, PyObject *level) {
    static const char *const names[] = {"critical", "error", "warning", "info", "verbose"};
    size_t count = 0;
    if (level == Py_None)
        return 0;
    if (PyUnicode_Check(level)) {
        const char *text = core_utf8(level, "level");
        for (size_t i = 0; text && i < sizeof names / sizeof names[0]; i++)
            if (strcmp(text, names[i]) == 0)
                return add(to, etwkit_filter_level_at_most(NULL, (uint8_t)(i + 1)));
        if (text)
            PyErr_Format(PyExc_ValueError, "level: %R is not critical, error, warning, info, verbose or 0 to 255",
                         level);
        return -1;
    }
    uint32_t *numbers = numbers_of(level, "level", UINT8_MAX, &count);
    int result = numbers && count ? add(to, etwkit_filter_level_at_most(NULL, (uint8_t)numbers[0])) : -1;
    PyMem_Free(numbers);
    return result;
}

static PyObject *new (PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static const char *const names[] = {"provider", "event",       "id",  "exclude_id", "opcode", "level", "levels",
                                        "keyword",  "keyword_all", "pid", "tid",        "since",  "until", NULL};
    PyObject *provider = Py_None, *event = Py_None, *id = Py_None, *exclude = Py_None, *opcode = Py_None,
             *level = Py_None, *levels = Py_None, *keyword = Py_None, *keyword_all = Py_None, *pid = Py_None,
             *tid = Py_None, *since = Py_None, *until = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|$OOOOOOOOOOOOO:EventFilter", (char **)(uintptr_t)names,
                                     &provider, &event, &id, &exclude, &opcode, &level, &levels, &keyword, &keyword_all,
                                     &pid, &tid, &since, &until))
        return NULL;
    builder all = {NULL, 0}, none = {NULL, 0};
    /* What the header decides comes first. */
    bool good = add_numbers(&all, id, "id", UINT16_MAX, id_filter) == 0 &&
                add_numbers(&none, exclude, "exclude_id", UINT16_MAX, id_filter) == 0 &&
                (!none.count || add(&all, etwkit_filter_not(NULL, join(&none, true))) == 0) &&
                add_numbers(&all, opcode, "opcode", UINT8_MAX, opcode_filter) == 0 &&
                add_highest_level(&all, level) == 0 &&
                add_numbers(&all, levels, "levels", UINT8_MAX, level_filter) == 0 &&
                add_keywords(&all, keyword, keyword_all) == 0 &&
                add_numbers(&all, pid, "pid", UINT32_MAX, process_filter) == 0 &&
                add_numbers(&all, tid, "tid", UINT32_MAX, thread_filter) == 0 && add_times(&all, since, until) == 0 &&
                add_names(&all, provider, "provider", provider_filter) == 0 &&
                add_names(&all, event, "event", event_filter) == 0;
    if (good)
        return wrap(type, join(&all, true));
    drop(&all);
    drop(&none);
    return NULL;
}

static int comparison_of(const char *sign, bool *no_case) {
    static const struct {
        const char *sign;
        etwkit_comparison comparison;
    } signs[] = {{"==", ETWKIT_EQUAL},          {"!=", ETWKIT_NOT_EQUAL},    {"<", ETWKIT_LESS},
                 {"<=", ETWKIT_AT_MOST},        {">", ETWKIT_GREATER},       {">=", ETWKIT_AT_LEAST},
                 {"contains", ETWKIT_CONTAINS}, {"matches", ETWKIT_MATCHES}, {"exists", ETWKIT_PRESENT}};
    *no_case = sign[0] == 'i' && (strcmp(sign, "icontains") == 0 || strcmp(sign, "imatches") == 0 ||
                                  strcmp(sign, "i==") == 0 || strcmp(sign, "i!=") == 0);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strcmp(sign + *no_case, signs[i].sign) == 0)
            return (int)signs[i].comparison;
    PyErr_Format(PyExc_ValueError,
                 "'%s' is no comparison: ==, !=, <, <=, >, >=, contains, matches (i==, i!=, icontains, imatches "
                 "without case), exists",
                 sign);
    return 0;
}

static etwkit_filter *number_filter(const char *name, etwkit_comparison comparison, PyObject *number) {
    int64_t integer = PyLong_AsLongLong(number);
    if (!PyErr_Occurred())
        return etwkit_filter_property_i64(NULL, name, comparison, integer);
    PyErr_Clear();
    uint64_t natural = PyLong_AsUnsignedLongLong(number);
    if (!PyErr_Occurred())
        return etwkit_filter_property_u64(NULL, name, comparison, natural);
    PyErr_Clear();
    double real = PyLong_AsDouble(number); /* beyond all properties */
    return PyErr_Occurred() ? NULL : etwkit_filter_property_f64(NULL, name, comparison, real);
}

static etwkit_filter *operand_filter(const char *name, etwkit_comparison comparison, PyObject *operand, bool no_case) {
    if (comparison == ETWKIT_PRESENT)
        return etwkit_filter_property_i64(NULL, name, comparison, 0);
    if (PyFloat_Check(operand))
        return etwkit_filter_property_f64(NULL, name, comparison, PyFloat_AsDouble(operand));
    if (PyLong_Check(operand))
        return number_filter(name, comparison, operand);
    int64_t filetime;
    int is_time = PyUnicode_Check(operand) ? 0 : has(operand, "utcoffset");
    if (is_time < 0)
        return NULL;
    if (is_time)
        return time_of(operand, name, &filetime) ? NULL : etwkit_filter_property_i64(NULL, name, comparison, filetime);
    /* UUIDs, addresses and the like as CONTRACT.md writes them. */
    PyObject *text = PyObject_Str(operand);
    Py_ssize_t length;
    const char *utf8 = text ? PyUnicode_AsUTF8AndSize(text, &length) : NULL;
    etwkit_filter *made =
        utf8 ? etwkit_filter_property_text(NULL, name, comparison, utf8, (size_t)length, no_case) : NULL;
    if (utf8 && !made && comparison == ETWKIT_MATCHES)
        PyErr_Format(PyExc_ValueError, "%R is no regular expression that is understood here", operand);
    Py_XDECREF(text);
    return made;
}

static PyObject *where(PyObject *type, PyObject *args) {
    PyObject *property, *operand = Py_None;
    const char *sign = "exists";
    bool no_case;
    if (!PyArg_ParseTuple(args, "O|sO:where", &property, &sign, &operand))
        return NULL;
    const char *name = core_utf8(property, "the property's name");
    int comparison = name ? comparison_of(sign, &no_case) : 0;
    if (!comparison)
        return NULL;
    if (operand == Py_None && comparison != ETWKIT_PRESENT) {
        PyErr_Format(PyExc_TypeError, "where(%R, '%s') wants a value to compare with", property, sign);
        return NULL;
    }
    etwkit_filter *made = operand_filter(name, (etwkit_comparison)comparison, operand, no_case);
    if (!made && !PyErr_Occurred())
        PyErr_Format(PyExc_TypeError, "'%s' is for texts, not for %R", sign, operand);
    return wrap((PyTypeObject *)type, made);
}

static PyObject *combine(PyObject *a, PyObject *b, bool all) {
    if (Py_TYPE(a) != Py_TYPE(b))
        Py_RETURN_NOTIMPLEMENTED;
    etwkit_filter *both[] = {etwkit_filter_copy(NULL, filter_of(a)), etwkit_filter_copy(NULL, filter_of(b))};
    etwkit_filter *made = all ? etwkit_filter_all(NULL, both, 2) : etwkit_filter_any(NULL, both, 2);
    return made ? wrap(Py_TYPE(a), made) : PyErr_NoMemory();
}

static PyObject *both_of(PyObject *a, PyObject *b) {
    return combine(a, b, true);
}

static PyObject *either_of(PyObject *a, PyObject *b) {
    return combine(a, b, false);
}

static PyObject *opposite_of(PyObject *self) {
    etwkit_filter *made = etwkit_filter_not(NULL, etwkit_filter_copy(NULL, filter_of(self)));
    return made ? wrap(Py_TYPE(self), made) : PyErr_NoMemory();
}

static PyObject *matches(PyObject *self, PyObject *object) {
    event_object *event = (event_object *)object;
    if (!event_check(state_of(self), object)) {
        PyErr_Format(PyExc_TypeError, "matches() wants an EtwEvent, not %R", object);
        return NULL;
    }
    if (schema_check(event->schema))
        return NULL;
    return PyBool_FromLong(etwkit_filter_matches(filter_of(self), &event->record, event->schema->schema));
}

static PyMethodDef methods[] = {
    {"where", where, METH_VARARGS | METH_CLASS,
     "where($type, property, comparison='exists', value=None, /)\n--\n\nEvents whose property compares so with the "
     "value: ==, "
     "!=, "
     "<, <=, >, >=, contains, matches (a regular\nexpression found anywhere), exists; i==, i!=, icontains, imatches "
     "ignore case. Where the property is not\nthere, no comparison holds. ValueError: no such comparison, or "
     "a regular expression that is not understood; TypeError: a value that\ncannot be compared so."},
    {"matches", matches, METH_O, "matches($self, event, /)\n--\n\nWould it let the EtwEvent pass?"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     (void
          *)"EventFilter(*, provider=None, event=None, id=None, exclude_id=None, opcode=None, level=None, levels=None, "
            "keyword=None, keyword_all=None, pid=None, tid=None, since=None, until=None)\n--\n\n"
            "Chooses events, in C, before they become objects. All that is given must hold; where several values are "
            "given,\nany of them; the keywords are those of open(). Join filters by &, | and ~. ValueError, TypeError: "
            "a "
            "condition that cannot be.\nNever changes; any thread may use it."},
    {Py_tp_new, new},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {Py_nb_and, both_of},
    {Py_nb_or, either_of},
    {Py_nb_invert, opposite_of},
    {0, NULL},
};

PyType_Spec filter_spec = {
    .name = "pyetwkit.EventFilter",
    .basicsize = sizeof(filter_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
