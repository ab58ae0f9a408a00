/* SPDX-License-Identifier: MIT */
/* Ctrl-C while the library reads: signals are looked for from inside its loops. */
#include "core.h"

/* Asked by the library, on the thread that reads: only the main one sees signals. */
static bool is_main(void *context) {
    return PyThread_get_thread_ident() == (unsigned long)(uintptr_t)context && Py_IsInitialized();
}

static bool interrupted_here(void *context) {
    if (!is_main(context))
        return false;
    PyGILState_STATE held = PyGILState_Ensure();
    bool found = PyErr_CheckSignals() != 0;
    PyGILState_Release(held);
    return found;
}

/* A pending call. Takes the exception over. */
static int raise_later(void *exception) {
    PyErr_SetObject((PyObject *)Py_TYPE((PyObject *)exception), exception);
    Py_DECREF((PyObject *)exception);
    return -1;
}

/* What a signal's handler raised: whoever reads the stream makes an error of his own of its end, and would lose it. */
static void keep_exception(void) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    if (value && Py_AddPendingCall(raise_later, value)) /* no room: the reading ends all the same */
        Py_DECREF(value);
}

static bool interrupted_there(void *context) {
    PyObject *type, *value, *traceback;
    if (!is_main(context))
        return false;
    PyGILState_STATE held = PyGILState_Ensure();
    PyErr_Fetch(&type, &value, &traceback);
    bool found = PyErr_CheckSignals() != 0;
    if (found)
        keep_exception();
    PyErr_Restore(type, value, traceback);
    PyGILState_Release(held);
    return found;
}

/* 0 where there is none whose signals count, or with an exception. */
static unsigned long main_thread(void) {
    PyObject *module = PyInterpreterState_GetID(PyInterpreterState_Get()) ? NULL : PyImport_ImportModule("threading");
    PyObject *thread = module ? PyObject_CallMethod(module, "main_thread", NULL) : NULL;
    PyObject *ident = thread ? PyObject_GetAttrString(thread, "ident") : NULL;
    unsigned long number = ident ? PyLong_AsUnsignedLong(ident) : 0;
    Py_XDECREF(module);
    Py_XDECREF(thread);
    Py_XDECREF(ident);
    return number;
}

int core_let_interrupt(core_state *state, etwkit_trace_options *options, bool here) {
    if (!state->main_thread)
        state->main_thread = main_thread();
    if (!state->main_thread || PyErr_Occurred())
        return PyErr_Occurred() ? -1 : 0;
    options->interrupted = here ? interrupted_here : interrupted_there;
    options->interrupted_context = (void *)(uintptr_t)state->main_thread;
    return 0;
}
