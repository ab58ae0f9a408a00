/* SPDX-License-Identifier: MIT */
/* What process events say: which events they are, and which of their fields tell what. Knows no lifetimes. */
#include "base/error.h"
#include "base/guid.h"
#include "trace/process_ids.h"
#include "trace/processes.h"
#include "trace/trace.h"

#include <string.h>

static const etwkit_guid classic_class = EK_PROCESS_CLASS;
static const etwkit_guid manifest_provider = EK_PROCESS_PROVIDER;

/* Opcodes of the one, event ids of the other. */
enum {
    CLASSIC_START = 1,
    CLASSIC_END = 2,
    CLASSIC_DC_START = 3,
    CLASSIC_DC_END = 4,
    CLASSIC_DEFUNCT = 39
};
enum {
    MANIFEST_START = 1,
    MANIFEST_STOP = 2,
    MANIFEST_RUNDOWN = 15
};

/* How the two name their fields. */
typedef struct field_names {
    const char *process_id, *parent_id, *name, *command_line, *start, *end, *session, *exit_status, *user_sid;
} field_names;

static const field_names classic_names = {"ProcessId", "ParentId",  "ImageFileName", "CommandLine", "CreateTime",
                                          "ExitTime",  "SessionId", "ExitStatus",    "UserSID"};
static const field_names manifest_names = {"ProcessID", "ParentProcessID", "ImageName", "CommandLine", "CreateTime",
                                           "ExitTime",  "SessionID",       "ExitCode",  "UserSID"};

static ek_process_fact_kind classic_kind(uint8_t opcode) {
    switch (opcode) {
    case CLASSIC_START: return EK_PROCESS_START;
    case CLASSIC_END: return EK_PROCESS_END;
    case CLASSIC_DC_START:
    case CLASSIC_DC_END: return EK_PROCESS_ALIVE;
    case CLASSIC_DEFUNCT: return EK_PROCESS_GONE;
    default: return EK_PROCESS_NOTHING;
    }
}

static ek_process_fact_kind manifest_kind(uint16_t event_id) {
    switch (event_id) {
    case MANIFEST_START: return EK_PROCESS_START;
    case MANIFEST_STOP: return EK_PROCESS_END;
    case MANIFEST_RUNDOWN: return EK_PROCESS_ALIVE;
    default: return EK_PROCESS_NOTHING;
    }
}

bool ek_process_may_be_fact(const etwkit_guid *provider, uint16_t event_id) {
    return ek_guid_equal(provider, &classic_class) ||
           (ek_guid_equal(provider, &manifest_provider) && manifest_kind(event_id) != EK_PROCESS_NOTHING);
}

ek_process_fact_kind ek_process_fact_kind_of(const etwkit_record *record) {
    bool classic = (record->flags & ETWKIT_FLAG_CLASSIC) != 0;
    if (classic)
        return ek_guid_equal(&record->provider_id, &classic_class) ? classic_kind(record->opcode) : EK_PROCESS_NOTHING;
    return ek_guid_equal(&record->provider_id, &manifest_provider) ? manifest_kind(record->event_id)
                                                                   : EK_PROCESS_NOTHING;
}

static const field_names *names_of(const etwkit_record *record) {
    return record->flags & ETWKIT_FLAG_CLASSIC ? &classic_names : &manifest_names;
}

static bool read_id(const etwkit_record *record, const etwkit_schema *schema, const char *name, uint32_t *id) {
    etwkit_value value;
    uint64_t number;
    const etwkit_field *field = etwkit_schema_field(schema, name);
    if (!field || etwkit_record_value(record, schema, field, &value) || etwkit_value_u64(&value, &number) ||
        number >= ETWKIT_NO_ID)
        return false;
    *id = (uint32_t)number;
    return true;
}

bool ek_process_fact_ids(const etwkit_record *record, const etwkit_schema *schema, uint32_t *process_id,
                         uint32_t *parent_id) {
    const field_names *names = names_of(record);
    if (!read_id(record, schema, names->parent_id, parent_id))
        *parent_id = ETWKIT_NO_ID;
    return read_id(record, schema, names->process_id, process_id);
}

/* A time between two others, or 0: what a payload claims must not contradict the trace's own clock. */
static int64_t read_time(const etwkit_record *record, const etwkit_schema *schema, const char *name, int64_t least) {
    etwkit_value value;
    int64_t time;
    const etwkit_field *field = etwkit_schema_field(schema, name);
    if (!field || etwkit_record_value(record, schema, field, &value) || etwkit_value_time(&value, &time) ||
        time < least || time <= 0 || time > record->timestamp)
        return 0;
    return time;
}

/* ETWKIT_OK with NULL where the field is not there or empty. */
static etwkit_status read_text(etwkit_trace *trace, const etwkit_record *record, const etwkit_schema *schema,
                               const char *name, etwkit_text *text) {
    *text = (etwkit_text){NULL, 0};
    const etwkit_field *field = etwkit_schema_field(schema, name);
    etwkit_status status = field ? etwkit_record_text(trace, record, field, text) : ETWKIT_ABSENT;
    if (status)
        *text = (etwkit_text){NULL, 0};
    return status == ETWKIT_E_NO_MEMORY ? status : ETWKIT_OK;
}

/* The last component of a path, not longer than a name may be. */
static etwkit_text without_folders(etwkit_text path) {
    size_t from = path.length;
    while (from && path.utf8[from - 1] != '\\' && path.utf8[from - 1] != '/')
        from--;
    etwkit_text name = {path.utf8 + from, path.length - from};
    if (name.length > EK_PROCESS_NAME) {
        name.length = EK_PROCESS_NAME;
        while ((name.utf8[name.length] & 0xC0) == 0x80) /* whole characters */
            name.length--;
    }
    return name;
}

static etwkit_status keep(ek_arena *arena, etwkit_text text, const char **kept) {
    *kept = text.length ? ek_arena_text(arena, text.utf8, text.length) : NULL;
    return text.length && !*kept ? ETWKIT_E_NO_MEMORY : ETWKIT_OK;
}

/* A number of 32 bits, signed or not. */
static bool read_number(const etwkit_record *record, const etwkit_schema *schema, const char *name, uint32_t *number) {
    etwkit_value value;
    int64_t wide;
    const etwkit_field *field = etwkit_schema_field(schema, name);
    if (!field || etwkit_record_value(record, schema, field, &value) || etwkit_value_i64(&value, &wide) ||
        wide < INT32_MIN || wide > UINT32_MAX)
        return false;
    *number = (uint32_t)wide;
    return true;
}

/* What stands there before the end is not the status: STILL_ACTIVE, or what a process of that id left. */
static void read_numbers(ek_process_fact *fact, const etwkit_record *record, const etwkit_schema *schema) {
    const field_names *names = names_of(record);
    fact->has_session = read_number(record, schema, names->session, &fact->session) && fact->session != ETWKIT_NO_ID;
    fact->has_exit_status =
        fact->kind == EK_PROCESS_END && read_number(record, schema, names->exit_status, &fact->exit_status);
}

static etwkit_status read_texts(ek_process_fact *fact, etwkit_trace *trace, const etwkit_record *record,
                                const etwkit_schema *schema, ek_arena *arena) {
    const field_names *names = names_of(record);
    etwkit_text path, command_line, sid;
    etwkit_status status = read_text(trace, record, schema, names->name, &path);
    if (!status && path.length)
        status = keep(arena, without_folders(path), &fact->name);
    if (!status)
        status = read_text(trace, record, schema, names->command_line, &command_line);
    if (!status)
        status = keep(arena, command_line, &fact->command_line);
    if (!status)
        status = read_text(trace, record, schema, names->user_sid, &sid);
    if (status || sid.length < 4 || memcmp(sid.utf8, "S-", 2) != 0)
        return status;
    return keep(arena, sid, &fact->user_sid);
}

etwkit_status ek_process_fact_read(ek_process_fact *fact, etwkit_trace *trace, const etwkit_record *record,
                                   ek_arena *arena) {
    enum {
        START_AT_MOST_BEFORE = 60 /* seconds that the event of a start may come behind it */
    };
    *fact = (ek_process_fact){.kind = ek_process_fact_kind_of(record), .time = record->timestamp};
    if (fact->kind == EK_PROCESS_NOTHING)
        return ETWKIT_ABSENT;
    const etwkit_schema *schema = ek_trace_find_schema(trace, record);
    if (!schema)
        return ETWKIT_E_NO_MEMORY;
    if (!ek_process_fact_ids(record, schema, &fact->process_id, &fact->parent_id))
        return ETWKIT_ABSENT;
    const etwkit_trace_info *info = etwkit_trace_get_info(trace, record->file);
    const field_names *names = names_of(record);
    int64_t least = fact->kind == EK_PROCESS_START && fact->time > START_AT_MOST_BEFORE * EK_PROCESS_SECOND
                        ? fact->time - START_AT_MOST_BEFORE * EK_PROCESS_SECOND
                        : 0;
    fact->boot_time = info ? info->boot_time : 0;
    fact->start = read_time(record, schema, names->start, least);
    fact->end = read_time(record, schema, names->end, 0);
    read_numbers(fact, record, schema);
    if (fact->kind == EK_PROCESS_START && !fact->start)
        fact->start = fact->time;
    return arena->total > EK_PROCESSES_MEMORY ? ETWKIT_OK : read_texts(fact, trace, record, schema, arena);
}

etwkit_status etwkit_processes_add(etwkit_processes *processes, etwkit_trace *trace, const etwkit_record *record,
                                   etwkit_error *error) {
    ek_process_fact fact;
    etwkit_status status = ek_process_fact_read(&fact, trace, record, ek_processes_arena(processes));
    if (status == ETWKIT_E_NO_MEMORY)
        return ek_fail_memory(error);
    return status ? status : ek_processes_take(processes, &fact, error);
}
