/* SPDX-License-Identifier: MIT */
/* Tuples that become what a session is asked for: providers, and what only sessions of the system have. */
#include "session.h"

/* The numbers of a tuple, each of `size` bytes, 2 or 4. NULL with an exception, or where there are none. */
static void *take_numbers(PyObject *tuple, size_t size, const char *what, size_t *count) {
    const unsigned long long most = size == sizeof(uint16_t) ? UINT16_MAX : UINT32_MAX;
    *count = (size_t)PyTuple_Size(tuple);
    void *numbers = *count ? PyMem_Calloc(*count, size) : NULL;
    if (*count && !numbers)
        PyErr_NoMemory();
    for (size_t i = 0; numbers && i < *count; i++) {
        const unsigned long long number = PyLong_AsUnsignedLongLong(PyTuple_GetItem(tuple, (Py_ssize_t)i));
        if (PyErr_Occurred() || number > most) {
            PyErr_Clear();
            PyErr_Format(PyExc_ValueError, "%s are numbers from 0 to %llu", what, most);
            PyMem_Free(numbers);
            return NULL;
        }
        if (size == sizeof(uint16_t))
            ((uint16_t *)numbers)[i] = (uint16_t)number;
        else
            ((uint32_t *)numbers)[i] = (uint32_t)number;
    }
    return numbers;
}

/* (event id, version, match any, conditions), each with conditions of (field, operator, value). */
static int take_filters(PyObject *tuple, session_wanted *wanted) {
    const Py_ssize_t count = PyTuple_Size(tuple);
    Py_ssize_t taken = 0, most = 0;
    PyObject *conditions;
    int match_any;
    wanted->filters = PyMem_Calloc((size_t)count + 1, sizeof *wanted->filters);
    for (Py_ssize_t i = 0; wanted->filters && i < count; i++) {
        etwkit_payload_filter *filter = &wanted->filters[i];
        if (!PyArg_ParseTuple(PyTuple_GetItem(tuple, i), "HbpO!;a payload filter", &filter->event_id, &filter->version,
                              &match_any, &PyTuple_Type, &conditions))
            return -1;
        filter->match_any = match_any;
        filter->predicate_count = (size_t)PyTuple_Size(conditions);
        most += PyTuple_Size(conditions);
    }
    wanted->predicates = PyMem_Calloc((size_t)most + 1, sizeof *wanted->predicates);
    if (!wanted->filters || !wanted->predicates) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        wanted->filters[i].predicates = &wanted->predicates[taken];
        conditions = PyTuple_GetItem(PyTuple_GetItem(tuple, i), 3);
        for (Py_ssize_t j = 0; j < PyTuple_Size(conditions); j++) {
            etwkit_payload_predicate *predicate = &wanted->predicates[taken++];
            PyObject *field, *value;
            unsigned int comparison;
            if (!PyArg_ParseTuple(PyTuple_GetItem(conditions, j), "UIU;a payload filter's condition", &field,
                                  &comparison, &value) ||
                !(predicate->field = core_utf8(field, "a field's name")) ||
                !(predicate->value = core_utf8(value, "a value")))
                return -1;
            predicate->comparison = (etwkit_payload_operator)comparison;
        }
    }
    wanted->enable.payload_filters = wanted->filters;
    wanted->enable.payload_filter_count = (size_t)count;
    return 0;
}

int session_take_wanted(core_state *state, PyObject *args, session_wanted *wanted) {
    PyObject *id, *ids, *processes, *programs, *filters;
    etwkit_enable *enable = &wanted->enable;
    unsigned long long any, all;
    int exclude, ignore;
    *wanted = (session_wanted){.enable = ETWKIT_ENABLE};
    if (!PyArg_ParseTuple(args, "ObKKO!ppIO!O!O!:enable", &id, &enable->level, &any, &all, &PyTuple_Type, &ids,
                          &exclude, &ignore, &enable->additions, &PyTuple_Type, &processes, &PyTuple_Type, &programs,
                          &PyTuple_Type, &filters) ||
        core_guid(state, id, "a provider's GUID", &wanted->provider))
        return -1;
    enable->keywords_any = any;
    enable->keywords_all = all;
    enable->exclude_event_ids = exclude;
    enable->ignore_keyword_0 = ignore;
    enable->event_ids = wanted->ids = take_numbers(ids, sizeof *wanted->ids, "event ids", &enable->event_id_count);
    if (!PyErr_Occurred())
        enable->process_ids = wanted->processes =
            take_numbers(processes, sizeof *wanted->processes, "process ids", &enable->process_id_count);
    if (!PyErr_Occurred() && core_texts(programs, "a program's name", &wanted->programs, &enable->program_count) == 0)
        enable->programs = wanted->programs;
    if (!PyErr_Occurred() && take_filters(filters, wanted) == 0)
        return 0;
    session_free_wanted(wanted);
    return -1;
}

void session_free_wanted(session_wanted *wanted) {
    PyMem_Free(wanted->ids);
    PyMem_Free(wanted->processes);
    PyMem_Free(wanted->programs);
    PyMem_Free(wanted->filters);
    PyMem_Free(wanted->predicates);
}

/* (class GUID, type) of kernel events. */
static int take_stacks(core_state *state, PyObject *tuple, session_system *system) {
    const Py_ssize_t count = PyTuple_Size(tuple);
    system->stacks = PyMem_Calloc((size_t)count + 1, sizeof *system->stacks);
    if (!system->stacks) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *id;
        if (!PyArg_ParseTuple(PyTuple_GetItem(tuple, i), "Ob;a stack's event is (GUID, type)", &id,
                              &system->stacks[i].type) ||
            core_guid(state, id, "a class's GUID", &system->stacks[i].class_id))
            return -1;
    }
    system->options.stacks = system->stacks;
    system->options.stack_count = (size_t)count;
    return 0;
}

int session_take_system(core_state *state, PyObject *tuple, session_system *system) {
    PyObject *groups, *stacks;
    size_t count;
    unsigned int kind, existing;
    *system = (session_system){.options = ETWKIT_SYSTEM_OPTIONS};
    if (!PyArg_ParseTuple(tuple, "IIO!O!I;kind, existing, groups, stacks, profile interval", &kind, &existing,
                          &PyTuple_Type, &groups, &PyTuple_Type, &stacks, &system->options.profile_interval))
        return -1;
    system->options.kind = (etwkit_system_kind)kind;
    system->options.existing = (etwkit_existing)existing;
    uint32_t *masks = take_numbers(groups, sizeof *masks, "kernel groups", &count);
    for (size_t i = 0; masks && i < count && i < 8; i++)
        system->options.kernel_groups[i] = masks[i];
    PyMem_Free(masks);
    if (PyErr_Occurred() || take_stacks(state, stacks, system)) {
        session_free_system(system);
        return -1;
    }
    return 0;
}

void session_free_system(session_system *system) {
    PyMem_Free(system->stacks);
}
