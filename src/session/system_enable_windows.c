/* SPDX-License-Identifier: MIT */
/* EnableTraceEx2: a provider is enabled for a session of Windows, with the filters that Windows itself can apply. */
#include "base/error.h"
#include "base/utf.h"
#include "session/system_windows.h"

enum {
    LEVEL_ALL = 255,
    NOTE_SIZE = 256
};

/* Filters and what they point to: one of each type at most. */
typedef struct filter_set {
    EVENT_FILTER_DESCRIPTOR list[EK_FILTERS_MAX];
    uint32_t count;
    bool has_programs;
    EVENT_FILTER_DESCRIPTOR payload; /* to be freed; Ptr 0: none */
    uint32_t processes[EK_FILTER_PIDS_MAX];
    uint16_t ids[2 + EK_FILTER_EVENT_IDS_MAX], stack_ids[2 + EK_FILTER_EVENT_IDS_MAX];
    wchar_t programs[EK_FILTER_BYTES_MAX / sizeof(wchar_t)];
    union {
        ek_event_filter_event_name head;
        uint8_t bytes[EK_FILTER_NAME_BYTES_MAX];
    } names;
} filter_set;

static void add(filter_set *it, uint32_t type, const void *data, size_t size) {
    it->list[it->count++] =
        (EVENT_FILTER_DESCRIPTOR){.Ptr = (ULONGLONG)(uintptr_t)data, .Size = (ULONG)size, .Type = type};
}

/* What a filter that Windows has not means: only what is read here goes through ours. */
static void note(etwkit_session *session, const char *what, const char *rest) {
    char note[NOTE_SIZE];
    ek_format(note, sizeof note, "%s; %s%s", what,
              session->options.mode == ETWKIT_SESSION_REAL_TIME ? "ours alone serves"
                                                                : "what it would have kept back is in the file, too",
              rest);
    ek_system_note(ek_system_of(session), note);
}

static void note_limit(etwkit_session *session, const char *what) {
    char told[NOTE_SIZE];
    ek_format(told, sizeof told, "%s: more than Windows takes in a filter", what);
    note(session, told, "");
}

static void note_payload(etwkit_session *session, const char *call, uint32_t code) {
    char told[NOTE_SIZE];
    const char *const why = code == ERROR_NOT_FOUND || code == ERROR_FILE_NOT_FOUND ? ", the provider is not installed"
                            : code == ERROR_INVALID_PARAMETER ? ", such an event or field is not, or not comparable"
                                                              : "";
    ek_format(told, sizeof told, "payload filters: %s: error %u%s", call, code, why);
    note(session, told, "");
}

/* As EVENT_FILTER_EVENT_ID has them. */
static void add_ids(filter_set *it, uint32_t type, uint16_t *room, const uint16_t *ids, size_t count, bool exclude) {
    ek_event_filter_event_id head = {.FilterIn = !exclude, .Count = (USHORT)count};
    memcpy(room, &head, offsetof(ek_event_filter_event_id, Events));
    memcpy(room + 2, ids, count * sizeof *ids);
    add(it, type, room, (2 + count) * sizeof *ids);
}

/* One text, with semicolons between the names. false: too long, or no UTF-8. */
static bool add_programs(filter_set *it, const etwkit_enable *enable) {
    const int most = sizeof it->programs / sizeof *it->programs;
    int units = 0;
    for (size_t i = 0; i < enable->program_count; i++) {
        int more = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, enable->programs[i], -1, it->programs + units,
                                       most - units);
        if (more <= 0)
            return false;
        units += more;
        it->programs[units - 1] = i + 1 < enable->program_count ? L';' : L'\0';
    }
    add(it, EK_FILTER_EXECUTABLE_NAME, it->programs, (size_t)units * sizeof *it->programs);
    return true;
}

static bool add_names(filter_set *it, const etwkit_enable *enable) {
    size_t size = offsetof(ek_event_filter_event_name, Names);
    it->names.head = (ek_event_filter_event_name){
        .Level = LEVEL_ALL, .FilterIn = !enable->exclude_event_names, .NameCount = (USHORT)enable->event_name_count};
    for (size_t i = 0; i < enable->event_name_count; i++) {
        size_t more = strlen(enable->event_names[i]) + 1;
        if (more > sizeof it->names.bytes - size)
            return false;
        memcpy(it->names.bytes + size, enable->event_names[i], more);
        size += more;
    }
    add(it, EK_FILTER_EVENT_NAME, it->names.bytes, size);
    return true;
}

static void add_payload(etwkit_session *session, filter_set *it, const ek_wanted *wanted) {
    const char *call;
    uint32_t code = ek_payload_filter_make(&it->payload, wanted, &session->allocator, &call);
    if (code == ERROR_SUCCESS)
        it->list[it->count++] = it->payload;
    else
        note_payload(session, call, code);
}

static void make_filters(etwkit_session *session, filter_set *it, const ek_wanted *wanted) {
    const etwkit_enable *enable = &wanted->enable;
    it->count = 0;
    it->payload = (EVENT_FILTER_DESCRIPTOR){0};
    it->has_programs = enable->program_count && add_programs(it, enable);
    if (enable->process_id_count > EK_FILTER_PIDS_MAX) {
        note_limit(session, "process ids");
    } else if (enable->process_id_count) {
        memcpy(it->processes, enable->process_ids, enable->process_id_count * sizeof *it->processes);
        add(it, EK_FILTER_PID, it->processes, enable->process_id_count * sizeof *it->processes);
    }
    if (enable->event_id_count > EK_FILTER_EVENT_IDS_MAX)
        note_limit(session, "event ids");
    else if (enable->event_id_count)
        add_ids(it, EK_FILTER_EVENT_ID, it->ids, enable->event_ids, enable->event_id_count, enable->exclude_event_ids);
    if (enable->program_count && !it->has_programs)
        note_limit(session, "programs");
    if (enable->event_name_count && !add_names(it, enable))
        note_limit(session, "event names");
    if (enable->stack_id_count) /* no more of them: checked */
        add_ids(it, EK_FILTER_STACKWALK, it->stack_ids, enable->stack_ids, enable->stack_id_count,
                enable->exclude_stack_ids);
    if (enable->payload_filter_count)
        add_payload(session, it, wanted);
}

static uint32_t control(const ek_system *system, const ek_wanted *wanted, uint32_t code, filter_set *filters) {
    const etwkit_enable *enable = &wanted->enable;
    ENABLE_TRACE_PARAMETERS parameters = {.Version = ENABLE_TRACE_PARAMETERS_VERSION_2,
                                          .EnableProperty = enable->additions};
    if (enable->ignore_keyword_0)
        parameters.EnableProperty |= EK_ENABLE_IGNORE_KEYWORD_0;
    if (filters && filters->count) {
        parameters.EnableFilterDesc = filters->list;
        parameters.FilterDescCount = filters->count;
    }
    GUID provider;
    memcpy(&provider, &wanted->provider, sizeof provider);
    /* To a classic provider 0 is nothing, and with it the keywords that are all wanted count for nothing either. */
    return EnableTraceEx2(system->handle, &provider, code, enable->level ? enable->level : LEVEL_ALL,
                          enable->keywords_any ? enable->keywords_any : UINT64_MAX, enable->keywords_all, 0,
                          &parameters);
}

static bool filters_are_refused(uint32_t code) {
    return code == ERROR_INVALID_PARAMETER || code == ERROR_NOT_SUPPORTED || code == ERROR_BAD_LENGTH;
}

etwkit_status ek_provider_enable(etwkit_session *session, ek_wanted *wanted, etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    filter_set filters;
    make_filters(session, &filters, wanted);
    bool has_payload = filters.payload.Ptr != 0;
    uint32_t code = control(system, wanted, EVENT_CONTROL_CODE_ENABLE_PROVIDER, &filters);
    if (filters.count && filters_are_refused(code)) {
        filters.has_programs = has_payload = false;
        code = control(system, wanted, EVENT_CONTROL_CODE_ENABLE_PROVIDER, NULL);
        if (code == ERROR_SUCCESS)
            note(session, "Windows took no filters",
                 wanted->enable.stack_id_count ? ", and each event has its stack" : "");
    }
    ek_payload_filter_free(&filters.payload);
    wanted->takes_unknown_programs = filters.has_programs; /* Windows asked when the process was there */
    wanted->takes_unknown_payloads = has_payload;
    return code == ERROR_SUCCESS ? ETWKIT_OK : ek_etw_fail(error, session->name, "EnableTraceEx2", code);
}

etwkit_status ek_provider_control(etwkit_session *session, const ek_wanted *wanted, uint32_t code,
                                  etwkit_error *error) {
    uint32_t result = control(ek_system_of(session), wanted, code, NULL);
    return result == ERROR_SUCCESS ? ETWKIT_OK : ek_etw_fail(error, session->name, "EnableTraceEx2", result);
}
