/* SPDX-License-Identifier: MIT */
/* The rows of such a table, and the names in them that stand for numbers. */
#include "schema/tables.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/guid.h"
#include "schema/infer.h"
#include "schema/manifest_types.h"
#include "schema/names.h"

#include <string.h>

#define GUID_DIGITS 32

typedef enum column {
    PROVIDER,
    EVENT_ID,
    VERSION,
    FIELDS,
    OPCODE,
    KEYWORDS,
    TASK,
    LEVEL,
    COLUMNS
} column;

static const char *const column_names[COLUMNS] = {"provider", "event_id", "version", "event(fields)",
                                                  "opcode",   "keywords", "task",    "level"};

typedef struct text {
    const char *at;
    size_t length;
} text;

typedef struct reader {
    const char *name;
    const ek_known *known;
    ek_providers *providers;
    etwkit_error *error;
    size_t place[COLUMNS]; /* of each column */
    size_t row, left_out;
    etwkit_status status;
    /* The provider of the row before, and what the known sources say of it, the newest last. */
    text provider_name;
    ek_provider *provider;
    const ek_provider **same;
    size_t same_count, same_capacity;
    ek_infer infer;
    bool has_infer;
    ek_field_spec *fields; /* room for those of one row */
} reader;

/* ---- text ---- */

/* The text up to `end`, behind which *from goes on; all of it where there is none. */
static text cut(text *from, char end) {
    const char *found = from->length ? memchr(from->at, end, from->length) : NULL;
    size_t length = found ? (size_t)(found - from->at) : from->length;
    text piece = {from->at, length};
    size_t step = found ? length + 1 : length;
    from->at = from->length ? from->at + step : from->at;
    from->length -= step;
    return piece;
}

static bool is(text a, const char *b) {
    return strlen(b) == a.length && (a.length == 0 || memcmp(a.at, b, a.length) == 0);
}

static bool is_ignoring_case(text a, const char *b) {
    if (strlen(b) != a.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (ek_ascii_lower(a.at[i]) != ek_ascii_lower(b[i]))
            return false;
    return true;
}

/* A number from digits alone; false where it is none, or larger than `most`. */
static bool number(text digits, unsigned base, uint64_t most, uint64_t *value) {
    uint64_t sum = 0;
    for (size_t i = 0; i < digits.length; i++) {
        char c = ek_ascii_lower(digits.at[i]);
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                : base;
        if (digit >= base || sum > (most - digit) / base)
            return false;
        sum = sum * base + digit;
    }
    *value = sum;
    return digits.length > 0;
}

/* "task_12" begins with "task_", and 12 stands behind it. */
static bool number_behind(text name, const char *front, unsigned base, uint64_t most, uint64_t *value) {
    size_t length = strlen(front);
    return name.length > length && memcmp(name.at, front, length) == 0 &&
           number((text){name.at + length, name.length - length}, base, most, value);
}

/* ---- names that stand for numbers ---- */

static bool find_value(const ek_provider *provider, ek_table_kind kind, text name, uint64_t *value) {
    const ek_name_table *table = &provider->tables[kind];
    for (size_t i = 0; i < table->count; i++)
        if (is(name, table->values[i].name)) {
            *value = table->values[i].value;
            return true;
        }
    return false;
}

/* The value that the newest source gives the name. */
static bool look_up(const reader *r, ek_table_kind kind, text name, uint64_t *value) {
    for (size_t i = r->same_count; i-- > 0;)
        if (find_value(r->same[i], kind, name, value))
            return true;
    return false;
}

static bool look_up_builtin(ek_table_kind kind, text name, uint64_t *value) {
    char windows[64] = "win:";
    if (name.length + sizeof "win:" > sizeof windows)
        return false;
    memcpy(windows + 4, name.at, name.length);
    windows[4 + name.length] = '\0';
    return ek_manifest_builtin(kind, windows, value);
}

/* Of two numbers with one name PerfView gives the second its number (of an opcode: also its task's) behind the name. */
static bool find_task(const reader *r, text name, uint64_t *value) {
    if (number_behind(name, "task_", 10, UINT16_MAX, value) || look_up(r, EK_TABLE_TASKS, name, value))
        return true;
    size_t end = name.length;
    while (end && name.at[end - 1] != '_')
        end--;
    return end > 1 && number((text){name.at + end, name.length - end}, 10, UINT16_MAX, value) &&
           look_up(r, EK_TABLE_TASKS, (text){name.at, end - 1}, &(uint64_t){0});
}

static bool find_opcode(const reader *r, text name, uint64_t *value) {
    if (name.length == 0 || number_behind(name, "opcode_", 10, UINT8_MAX, value)) {
        *value = name.length ? *value : 0;
        return true;
    }
    if (look_up_builtin(EK_TABLE_OPCODES, name, value))
        return true;
    bool found = look_up(r, EK_TABLE_OPCODES, name, value);
    *value &= UINT8_MAX;
    return found;
}

static uint64_t find_keywords(const reader *r, text names) {
    uint64_t all = 0, one;
    while (names.length) {
        text name = cut(&names, ' ');
        if (number_behind(name, "keyword_", 16, UINT64_MAX, &one) || look_up(r, EK_TABLE_KEYWORDS, name, &one))
            all |= one;
    }
    return all;
}

/* Where its task or opcode is new no table gives the record's number a name: then the event has it. */
static const char *make_event_name(const reader *r, text task, text opcode) {
    char name[2 * 64 + 2];
    if (task.length > 64 || opcode.length > 64)
        return "";
    memcpy(name, task.at, task.length);
    size_t length = task.length;
    if (opcode.length) {
        name[length++] = '/';
        memcpy(name + length, opcode.at, opcode.length);
        length += opcode.length;
    }
    return ek_name_copy(&r->providers->arena, name, length);
}

/* ---- providers ---- */

static const ek_provider *find_known(const reader *r, text name) {
    for (size_t source = r->known->count; source-- > 0;) {
        const ek_providers *providers = r->known->list[source];
        for (size_t i = 0; i < providers->count; i++)
            if (is_ignoring_case(name, providers->list[i]->name))
                return providers->list[i];
    }
    return NULL;
}

/* Manifests that the trace preprocessor makes end a provider's name in its id:
 * "NtfsLog_e7344f8a791031178b28432890f6bc10".
 */
static bool id_in_name(text name, etwkit_guid *id) {
    if (name.length <= GUID_DIGITS || name.at[name.length - GUID_DIGITS - 1] != '_')
        return false;
    const char *digits = name.at + name.length - GUID_DIGITS;
    char parsed[ETWKIT_GUID_TEXT];
    size_t length = 0;
    for (size_t i = 0; i < GUID_DIGITS; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            parsed[length++] = '-';
        parsed[length++] = digits[i];
    }
    parsed[length] = '\0';
    return etwkit_guid_parse(id, parsed) == ETWKIT_OK;
}

static void forget_provider(reader *r) {
    if (r->has_infer)
        ek_infer_free(&r->infer);
    r->has_infer = false;
    r->provider = NULL;
    r->same_count = 0;
}

static bool find_same(reader *r) {
    for (size_t source = 0; source < r->known->count; source++) {
        const ek_providers *providers = r->known->list[source];
        for (size_t i = 0; i < providers->count; i++) {
            if (!ek_guid_equal(&providers->list[i]->id, &r->provider->id))
                continue;
            void *list = r->same;
            if (!ek_grow(&r->providers->arena.allocator, &list, &r->same_capacity, r->same_count + 1, sizeof *r->same))
                return false;
            r->same = list;
            r->same[r->same_count++] = providers->list[i];
        }
    }
    return true;
}

/* false: memory ran out. */
static bool find_provider(reader *r, text name) {
    if (r->provider && name.length == r->provider_name.length && memcmp(name.at, r->provider_name.at, name.length) == 0)
        return true;
    forget_provider(r);
    r->provider_name = name;
    etwkit_guid id;
    const ek_provider *known = find_known(r, name);
    const char *copy = ek_name_copy(&r->providers->arena, name.at, name.length);
    if (!copy)
        return false;
    if (known)
        id = known->id;
    else if (!id_in_name(name, &id))
        etwkit_guid_from_name(&id, copy);
    r->provider = ek_providers_add(r->providers, &id, known ? known->name : copy);
    if (!r->provider || !find_same(r))
        return false;
    r->has_infer = true;
    return ek_infer_init(&r->infer, &r->providers->arena, r->same, r->same_count);
}

/* ---- rows ---- */

static bool leave_out(reader *r, const char *why) {
    if (r->left_out++ == 0)
        r->status = ek_fail(r->error, ETWKIT_E_DAMAGED, "%s: row %zu %s", r->name, r->row, why);
    return true;
}

/* "Type Name, Type Name" to fields. Returns their number, or SIZE_MAX. */
static size_t read_fields(reader *r, text list, bool *memory) {
    size_t count = 0;
    while (list.length) {
        text field = cut(&list, ','), type;
        if (list.length && *list.at == ' ')
            list.at++, list.length--;
        type = cut(&field, ' ');
        char type_name[32];
        if (count == EK_MAX_FIELDS || field.length == 0 || type.length >= sizeof type_name)
            return SIZE_MAX;
        memcpy(type_name, type.at, type.length);
        type_name[type.length] = '\0';
        ek_field_spec *spec = &r->fields[count++];
        *spec = (ek_field_spec){0};
        if (!ek_manifest_in_type(type_name, &spec->in_type))
            return SIZE_MAX;
        spec->name = ek_name_copy(&r->providers->arena, field.at, field.length);
        *memory = spec->name != NULL;
        if (!*memory)
            return SIZE_MAX;
        spec->name_length = strlen(spec->name);
    }
    return count;
}

/* The event's name may hold parentheses; names of fields do not. */
static bool cut_fields(text whole, text *fields) {
    size_t open = whole.length;
    while (open && whole.at[open - 1] != '(')
        open--;
    if (!open || whole.at[whole.length - 1] != ')')
        return false;
    *fields = (text){whole.at + open, whole.length - open - 1};
    return true;
}

static bool is_known_event(const reader *r, const ek_provider_event *event) {
    for (size_t i = 0; i < r->same_count; i++)
        for (size_t j = 0; j < r->same[i]->event_count; j++)
            if (r->same[i]->events[j].id == event->id && r->same[i]->events[j].version == event->version)
                return true;
    return false;
}

static void take_numbers(const reader *r, const text *cells, ek_provider_event *event) {
    static const char *const levels[] = {"Always", "Critical", "Error", "Warning", "Informational", "Verbose"};
    uint64_t task = 0, opcode = 0;
    bool has_task = find_task(r, cells[TASK], &task), has_opcode = find_opcode(r, cells[OPCODE], &opcode);
    event->task = has_task ? (uint16_t)task : 0;
    event->opcode = has_opcode ? (uint8_t)opcode : 0;
    event->keywords = find_keywords(r, cells[KEYWORDS]);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (is(cells[LEVEL], levels[i]))
            event->level = (uint8_t)i;
    if ((!has_task || !has_opcode) && cells[TASK].length &&
        !number_behind(cells[TASK], "task_", 10, UINT16_MAX, &task) && !is_known_event(r, event))
        event->name = make_event_name(r, cells[TASK], cells[OPCODE]);
}

/* false: memory ran out, or too many events. */
static bool take_row(reader *r, const text *cells) {
    uint64_t id, version;
    text list;
    if (!number(cells[EVENT_ID], 10, UINT16_MAX, &id) || !number(cells[VERSION], 10, UINT8_MAX, &version))
        return leave_out(r, "has no id and version");
    if (!cells[PROVIDER].length)
        return leave_out(r, "names no provider");
    if (!find_provider(r, cells[PROVIDER]))
        return false;
    bool memory = true;
    size_t count = cut_fields(cells[FIELDS], &list) ? read_fields(r, list, &memory) : SIZE_MAX;
    if (!memory)
        return false;
    if (count == SIZE_MAX)
        return leave_out(r, "has fields that cannot be understood");

    ek_provider_event event = {.id = (uint16_t)id, .version = (uint8_t)version};
    take_numbers(r, cells, &event);
    if (count) {
        event.payload = ek_infer_template(&r->infer, event.id, r->fields, count);
        if (!event.payload)
            return false;
    }
    ek_provider_event *added = ek_provider_add_event(r->providers, r->provider);
    if (!added)
        return false;
    *added = event;
    return true;
}

static text cut_line(text *from) {
    text line = cut(from, '\n');
    if (line.length && line.at[line.length - 1] == '\r')
        line.length--;
    return line;
}

static text without_mark(const void *data, size_t size) {
    text all = {data, size};
    if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
        all = (text){all.at + 3, size - 3};
    return all;
}

/* false: a column is missing. */
static bool read_head(text line, size_t place[COLUMNS]) {
    size_t found = 0;
    for (size_t at = 0; line.length; at++) {
        text cell = cut(&line, '\t');
        for (size_t i = 0; i < COLUMNS; i++)
            if (is(cell, column_names[i])) {
                place[i] = at;
                found |= (size_t)1 << i;
            }
    }
    return found == ((size_t)1 << COLUMNS) - 1;
}

bool ek_tables_is_table(const void *data, size_t size) {
    size_t place[COLUMNS];
    text all = without_mark(data, size < 1024 ? size : 1024);
    return read_head(cut_line(&all), place);
}

static bool read_row(reader *r, text line) {
    text cells[COLUMNS] = {{0}};
    for (size_t at = 0; line.length; at++) {
        text cell = cut(&line, '\t');
        for (size_t i = 0; i < COLUMNS; i++)
            if (r->place[i] == at)
                cells[i] = cell;
    }
    return take_row(r, cells);
}

etwkit_status ek_tables_read(const char *name, const void *data, size_t size, const ek_known *known,
                             ek_providers *providers, etwkit_error *error) {
    reader r = {.name = name, .known = known, .providers = providers, .error = error};
    const etwkit_allocator *allocator = &providers->arena.allocator;
    text all = without_mark(data, size);
    if (!read_head(cut_line(&all), r.place))
        return ek_fail(error, ETWKIT_E_UNSUPPORTED, "%s is no table of events", name);
    r.fields = ek_alloc(allocator, EK_MAX_FIELDS * sizeof *r.fields);
    bool done = r.fields != NULL;
    for (r.row = 2; done && all.length; r.row++) {
        text line = cut_line(&all);
        done = line.length == 0 || read_row(&r, line);
    }
    forget_provider(&r);
    ek_release(allocator, r.same);
    ek_release(allocator, r.fields);
    return done ? r.status : ek_fail_memory(error);
}
