/* SPDX-License-Identifier: MIT */
/* Joins a Windows binary's event templates with its texts, which are mostly in files of languages beside it. Knows
 * where those are; not what is in them. */
#include "schema/pe_providers.h"

#include "base/error.h"
#include "base/file.h"
#include "schema/message_table.h"
#include "schema/mui.h"

enum {
    MOST_RESOURCES = 16 /* of one type; real binaries have one */
};

/* One reading of a binary. */
typedef struct reading {
    const char *path;
    const etwkit_allocator *allocator;
    ek_providers *providers;
    ek_wevt_report *report;
    void *context;
    etwkit_error *error; /* of what ends it: memory that ran out */
    ek_message_table messages;
    bool has_texts; /* they were looked for */
    size_t places;  /* where to look for files of texts */
    void *mui;      /* the file of texts that is used; the messages are views into it */
} reading;

/* Prefixes the file's name and reports. */
static etwkit_status tell(const reading *of, const char *file, const etwkit_error *what) {
    etwkit_error error = {0};
    etwkit_status status = ek_fail(&error, what->status, "%s: %s", file, what->message);
    if (of->report)
        of->report(of->context, &error);
    return status;
}

/* Damage was told and costs what it hit; what else is wrong ends the reading. */
static etwkit_status tell_damage(const reading *of, const char *file, etwkit_status status, const etwkit_error *what) {
    if (status == ETWKIT_E_NO_MEMORY)
        return ek_fail_memory(of->error);
    if (status < 0)
        tell(of, file, what);
    return ETWKIT_OK;
}

/* The message tables of a binary, from the file's name. */
static etwkit_status add_messages(reading *of, const char *file, const ek_pe *pe) {
    for (size_t i = 0; i < MOST_RESOURCES; i++) {
        ek_pe_resource found;
        etwkit_error error = {0};
        etwkit_status status = ek_pe_resource_at(pe, NULL, EK_PE_MESSAGE_TABLE, i, &found, &error);
        if (status == ETWKIT_ABSENT)
            break;
        if (!status)
            status = ek_message_table_add(&of->messages, found.data, found.size, &error);
        status = tell_damage(of, file, status, &error);
        if (status)
            return status;
    }
    return ETWKIT_OK;
}

/* Takes the texts of a file that may be there. */
static etwkit_status try_mui(void *context, const char *path) {
    reading *of = context;
    size_t size, before = of->messages.count;
    etwkit_error error = {0};
    ek_pe pe;
    ek_release(of->allocator, of->mui);
    of->mui = NULL;
    etwkit_status status = ek_file_load(path, of->allocator, EK_MAX_MUI_SIZE, &of->mui, &size, &error);
    if (status == ETWKIT_E_NO_MEMORY)
        return status;
    if (status && status != ETWKIT_E_NOT_FOUND && of->report)
        of->report(of->context, &error); /* it begins with the file's name */
    if (!status) {
        status = ek_pe_open(&pe, of->mui, size, &error);
        status = status ? tell_damage(of, path, status, &error) : add_messages(of, path, &pe);
        if (status || of->messages.count > before)
            return status;
    }
    return --of->places ? ETWKIT_ABSENT : ETWKIT_OK;
}

/* A binary that has texts of its own may have more in the first two places; folders are searched for one without. */
static etwkit_status add_mui_messages(reading *of) {
    ek_arena paths;
    of->places = of->messages.count ? 2 : SIZE_MAX;
    ek_arena_init(&paths, of->allocator);
    etwkit_status status = ek_mui_find(of->path, &paths, try_mui, of);
    ek_arena_free(&paths);
    return status == ETWKIT_E_NO_MEMORY ? ek_fail_memory(of->error) : ETWKIT_OK;
}

static void tell_missing_labels(const reading *of) {
    etwkit_error error = {0};
    ek_fail(&error, ETWKIT_E_NOT_FOUND,
            "labels of values are not known: their texts are in a .mui file, and none lies beside it");
    tell(of, of->path, &error);
}

static etwkit_status read_templates(reading *of, const ek_pe_resource *resource, etwkit_error *error) {
    ek_wevt_source source = {.name = of->path,
                             .data = resource->data,
                             .size = resource->size,
                             .messages = &of->messages,
                             .report = of->report,
                             .context = of->context};
    etwkit_status status = ek_wevt_read(&source, of->providers, error);
    if (!status && source.missing_labels && !of->messages.count)
        tell_missing_labels(of);
    return status;
}

/* The index-th resource of event templates. Texts are looked for where there is one. */
static etwkit_status read_resource(reading *of, const ek_pe *pe, size_t index, etwkit_error *error) {
    ek_pe_resource found;
    etwkit_error why = {0};
    etwkit_status status = ek_pe_resource_at(pe, EK_PE_EVENT_TEMPLATE, 0, index, &found, &why);
    if (status < 0)
        return ek_fail(error, status, "%s: %s", of->path, why.message);
    if (!status && !of->has_texts) {
        of->has_texts = true;
        status = add_messages(of, of->path, pe);
        if (!status)
            status = add_mui_messages(of);
    }
    return status ? status : read_templates(of, &found, error);
}

/* What is damaged as a whole ends the reading only where nothing else is there. */
static etwkit_status read_resources(reading *of, const ek_pe *pe) {
    etwkit_error failed = {0}, error = {0};
    bool is_read = false;
    for (size_t i = 0; i < MOST_RESOURCES; i++) {
        etwkit_status status = read_resource(of, pe, i, &error);
        if (status == ETWKIT_ABSENT)
            break;
        if (status == ETWKIT_E_NO_MEMORY)
            return ek_fail_memory(of->error);
        if (status)
            failed = error;
        is_read = is_read || !status;
    }
    if (failed.status && !is_read)
        return ek_fail(of->error, failed.status, "%s", failed.message);
    if (failed.status && of->report)
        of->report(of->context, &failed);
    return is_read ? ETWKIT_OK : ETWKIT_ABSENT;
}

etwkit_status ek_pe_read_providers(const char *path, const void *data, size_t size, ek_providers *providers,
                                   ek_wevt_report *report, void *context, etwkit_error *error) {
    reading of = {.path = path,
                  .allocator = &providers->arena.allocator,
                  .providers = providers,
                  .report = report,
                  .context = context,
                  .error = error};
    etwkit_error why = {0};
    ek_pe pe;
    etwkit_status status = ek_pe_open(&pe, data, size, &why);
    if (status)
        return ek_fail(error, status, "%s: %s", path, why.message);
    ek_message_table_init(&of.messages, of.allocator);
    status = read_resources(&of, &pe);
    ek_message_table_free(&of.messages);
    ek_release(of.allocator, of.mui);
    return status;
}
