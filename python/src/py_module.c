/* SPDX-License-Identifier: MIT */
/* The module pyetwkit._core: its state and its types. Each type has a file of its own. */
#include "encode.h"
#include "schema.h"

static int add_type(PyObject *module, PyTypeObject **slot, PyType_Spec *spec) {
    *slot = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *slot ? PyModule_AddType(module, *slot) : -1;
}

static int execute(PyObject *module) {
    core_state *state = PyModule_GetState(module);
    if (core_add_errors(module, state) || core_add_records(module, state) ||
        add_type(module, &state->trace_type, &trace_spec) || add_type(module, &state->events_type, &events_spec) ||
        add_type(module, &state->event_type, &event_spec) ||
        add_type(module, &state->properties_type, &properties_spec) ||
        add_type(module, &state->schema_type, &schema_spec) || add_type(module, &state->field_type, &field_spec) ||
        add_type(module, &state->filter_type, &filter_spec) ||
        add_type(module, &state->selection_type, &selection_spec) ||
        add_type(module, &state->library_type, &library_spec) ||
        add_type(module, &state->provider_type, &provider_spec) ||
        add_type(module, &state->session_type, &session_spec) ||
        add_type(module, &state->record_batch_type, &record_batch_spec))
        return -1;
    if (!(state->bytes_le = PyUnicode_InternFromString("bytes_le")) ||
        !(state->keys = PyUnicode_InternFromString("keys")) ||
        !(state->values = PyUnicode_InternFromString("values")) ||
        !(state->items = PyUnicode_InternFromString("items")))
        return -1;
    return PyModule_AddStringConstant(module, "__version__", etwkit_version());
}

static int traverse(PyObject *module, visitproc visit, void *arg) {
    core_state *state = PyModule_GetState(module);
    Py_VISIT(state->trace_type);
    Py_VISIT(state->events_type);
    Py_VISIT(state->event_type);
    Py_VISIT(state->properties_type);
    Py_VISIT(state->schema_type);
    Py_VISIT(state->field_type);
    Py_VISIT(state->filter_type);
    Py_VISIT(state->selection_type);
    Py_VISIT(state->library_type);
    Py_VISIT(state->provider_type);
    Py_VISIT(state->session_type);
    Py_VISIT(state->record_batch_type);
    Py_VISIT(state->info_type);
    Py_VISIT(state->stats_type);
    Py_VISIT(state->count_type);
    Py_VISIT(state->stream_type);
    Py_VISIT(state->etw_error);
    Py_VISIT(state->damaged_error);
    Py_VISIT(state->not_found_error);
    Py_VISIT(state->channel_error);
    Py_VISIT(state->uuid);
    Py_VISIT(state->datetime);
    Py_VISIT(state->utc);
    Py_VISIT(state->ipv4);
    Py_VISIT(state->ipv6);
    Py_VISIT(state->mapped);
    Py_VISIT(state->guids);
    Py_VISIT(state->addresses);
    Py_VISIT(state->bytes_le);
    Py_VISIT(state->keys);
    Py_VISIT(state->values);
    Py_VISIT(state->items);
    Py_VISIT(state->line);
    Py_VISIT(state->current_activity);
    return 0;
}

static int clear(PyObject *module) {
    core_state *state = PyModule_GetState(module);
    Py_CLEAR(state->trace_type);
    Py_CLEAR(state->events_type);
    Py_CLEAR(state->event_type);
    Py_CLEAR(state->properties_type);
    Py_CLEAR(state->schema_type);
    Py_CLEAR(state->field_type);
    Py_CLEAR(state->filter_type);
    Py_CLEAR(state->selection_type);
    Py_CLEAR(state->library_type);
    Py_CLEAR(state->provider_type);
    Py_CLEAR(state->session_type);
    Py_CLEAR(state->record_batch_type);
    Py_CLEAR(state->info_type);
    Py_CLEAR(state->stats_type);
    Py_CLEAR(state->count_type);
    Py_CLEAR(state->stream_type);
    Py_CLEAR(state->etw_error);
    Py_CLEAR(state->damaged_error);
    Py_CLEAR(state->not_found_error);
    Py_CLEAR(state->channel_error);
    Py_CLEAR(state->uuid);
    Py_CLEAR(state->datetime);
    Py_CLEAR(state->utc);
    Py_CLEAR(state->ipv4);
    Py_CLEAR(state->ipv6);
    Py_CLEAR(state->mapped);
    Py_CLEAR(state->guids);
    Py_CLEAR(state->addresses);
    Py_CLEAR(state->bytes_le);
    Py_CLEAR(state->keys);
    Py_CLEAR(state->values);
    Py_CLEAR(state->items);
    Py_CLEAR(state->line);
    Py_CLEAR(state->current_activity);
    return 0;
}

static void release(void *module) {
    core_state *state = PyModule_GetState(module);
    if (!state)
        return;
    clear(module);
    etwkit_sink_close(&state->lines);
    encode_shapes_free(state->shapes);
    state->shapes = NULL;
}

static void take_path(void *context, const char *path) {
    PyObject **list = context, *text = *list ? PyUnicode_DecodeFSDefault(path) : NULL;
    if (!text || PyList_Append(*list, text))
        Py_CLEAR(*list);
    Py_XDECREF(text);
}

static PyObject *schema_paths(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused)) {
    PyObject *list = PyList_New(0);
    if (list)
        etwkit_schema_path_each(take_path, &list);
    return list;
}

static PyObject *guid_from_name(PyObject *module, PyObject *name) {
    etwkit_guid guid;
    const char *text = core_utf8(name, "a provider's name");
    if (!text)
        return NULL;
    etwkit_guid_from_name(&guid, text);
    return guid_object(PyModule_GetState(module), &guid);
}

static PyObject *use_activities(PyObject *module, PyObject *function) {
    core_state *state = PyModule_GetState(module);
    PyObject *before = state->current_activity;
    state->current_activity = Py_NewRef(function);
    Py_XDECREF(before);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"schema_paths", schema_paths, METH_NOARGS,
     "schema_paths($module, /)\n--\n\nWhere schemas are looked for: the entries of ETWKIT_SCHEMA_PATH, the user's "
     "folder."},
    {"guid_from_name", guid_from_name, METH_O,
     "guid_from_name($module, name, /)\n--\n\nThe GUID that TraceLogging and EventSource derive from a provider's "
     "name."},
    {"use_activities", use_activities, METH_O,
     "use_activities($module, getter, /)\n--\n\nFrom now on events that name no activity carry getter(None), 16 bytes "
     "or a UUID, unless it is None."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_USED}, /* objects that several threads share are guarded by it */
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "pyetwkit._core",
    .m_doc = "The C side of pyetwkit, over libetwkit. Use pyetwkit.",
    .m_size = sizeof(core_state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release,
};

PyMODINIT_FUNC PyInit__core(void);
PyMODINIT_FUNC PyInit__core(void) {
    return PyModuleDef_Init(&definition);
}
