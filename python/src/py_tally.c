/* SPDX-License-Identifier: MIT */
/* Counts events by kind, and makes objects of the counts. */
#include "schema.h"
#include "tally.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const etwkit_schema *schema, const etwkit_guid *provider) {
    uint64_t words[2];
    if (schema)
        return (uint64_t)(uintptr_t)schema * UINT64_C(0x9E3779B97F4A7C15) >> 32;
    memcpy(words, provider, sizeof words);
    return (words[0] ^ words[1]) * UINT64_C(0x9E3779B97F4A7C15) >> 32;
}

static tally_slot *find(tally_slot *slots, size_t mask, const etwkit_schema *schema, const etwkit_guid *provider) {
    size_t at = (size_t)hash_of(schema, provider) & mask;
    while (slots[at].events &&
           (slots[at].schema != schema || (!schema && !etwkit_guid_equal(&slots[at].provider, provider))))
        at = (at + 1) & mask;
    return &slots[at];
}

static bool grow(tally *kinds) {
    size_t size = kinds->slots ? (kinds->mask + 1) * 2 : 256;
    tally_slot *slots = calloc(size, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; kinds->slots && i <= kinds->mask; i++)
        if (kinds->slots[i].events)
            *find(slots, size - 1, kinds->slots[i].schema, &kinds->slots[i].provider) = kinds->slots[i];
    free(kinds->slots);
    kinds->slots = slots;
    kinds->mask = size - 1;
    return true;
}

void tally_add(tally *kinds, const etwkit_schema *schema) {
    if (!schema || ((!kinds->slots || kinds->used * 2 > kinds->mask) && !grow(kinds))) {
        kinds->failed = true;
        return;
    }
    const etwkit_guid *provider = etwkit_schema_provider_id(schema);
    const etwkit_schema *key = etwkit_schema_is_lasting(schema) ? schema : NULL;
    tally_slot *slot = find(kinds->slots, kinds->mask, key, provider);
    kinds->used += slot->events == 0;
    slot->schema = key;
    slot->provider = *provider;
    slot->events++;
}

void tally_free(tally *kinds) {
    free(kinds->slots);
    *kinds = (tally){NULL, 0, 0, false};
}

static int more_events(const void *a, const void *b) {
    const tally_slot *first = a, *second = b;
    return first->events > second->events ? -1 : first->events < second->events;
}

/* The used slots, the most frequent first; to be freed. NULL with an exception. */
static tally_slot *sorted(const tally *kinds, size_t *count) {
    tally_slot *list = PyMem_Calloc(kinds->used + 1, sizeof *list);
    *count = 0;
    if (!list || kinds->failed) {
        PyMem_Free(list);
        return (tally_slot *)PyErr_NoMemory();
    }
    for (size_t i = 0; kinds->slots && i <= kinds->mask; i++)
        if (kinds->slots[i].events)
            list[(*count)++] = kinds->slots[i];
    qsort(list, *count, sizeof *list, more_events);
    return list;
}

PyObject *tally_schemas(const tally *kinds, source *from) {
    size_t count;
    tally_slot *list = sorted(kinds, &count);
    PyObject *result = list ? PyDict_New() : NULL;
    for (size_t i = 0; result && i < count; i++) {
        if (!list[i].schema)
            continue;
        PyObject *schema = (PyObject *)source_wrap(from, list[i].schema);
        PyObject *events = schema ? PyLong_FromUnsignedLongLong(list[i].events) : NULL;
        if (!events || PyDict_SetItem(result, schema, events))
            Py_CLEAR(result);
        Py_XDECREF(events);
        Py_XDECREF(schema);
    }
    PyMem_Free(list);
    return result;
}

static PyObject *count_object(core_state *state, const tally_slot *slot) {
    PyObject *record = PyStructSequence_New(state->count_type), *name = NULL, *id = NULL, *events = NULL;
    if (record && (name = core_text(etwkit_schema_provider_name(slot->schema))) &&
        (id = guid_object(state, &slot->provider)) && (events = PyLong_FromUnsignedLongLong(slot->events))) {
        PyStructSequence_SetItem(record, 0, name);
        PyStructSequence_SetItem(record, 1, id);
        PyStructSequence_SetItem(record, 2, events);
        return record;
    }
    Py_XDECREF(record);
    Py_XDECREF(name);
    Py_XDECREF(id);
    Py_XDECREF(events);
    return NULL;
}

static int by_provider(const void *a, const void *b) {
    const tally_slot *first = a, *second = b;
    int order = memcmp(&first->provider, &second->provider, sizeof first->provider);
    /* One with a name first. */
    return order ? order : !etwkit_schema_provider_name(first->schema) - !etwkit_schema_provider_name(second->schema);
}

PyObject *tally_providers(const tally *kinds, core_state *state) {
    size_t count, used = 0;
    tally_slot *list = sorted(kinds, &count);
    PyObject *result = list ? PyList_New(0) : NULL;
    if (list) { /* joined by provider, then by number again */
        qsort(list, count, sizeof *list, by_provider);
        for (size_t i = 0; i < count; i++)
            if (used && etwkit_guid_equal(&list[used - 1].provider, &list[i].provider))
                list[used - 1].events += list[i].events;
            else
                list[used++] = list[i];
        qsort(list, used, sizeof *list, more_events);
    }
    for (size_t i = 0; result && i < used; i++) {
        PyObject *one = count_object(state, &list[i]);
        if (!one || PyList_Append(result, one))
            Py_CLEAR(result);
        Py_XDECREF(one);
    }
    PyMem_Free(list);
    return result;
}
