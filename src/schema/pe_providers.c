/* SPDX-License-Identifier: MIT */
/* Joins a Windows binary's event templates with its texts, which are mostly in files of languages beside it. Knows
 * where those are; not what is in them. */
#include "schema/pe_providers.h"

#include "base/error.h"
#include "base/file.h"
#include "schema/message_table.h"

#include <string.h>

enum {
    MOST_RESOURCES = 16 /* of one type; real binaries have one */
};

/* The folders that languages have: where English is, no other is opened. */
static const char *const folders[] = {
    "",      "en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "es-MX", "it-IT",      "ja-JP", "zh-CN",
    "zh-TW", "zh-HK", "ko-KR", "pt-BR", "pt-PT", "ru-RU", "nl-NL", "pl-PL",      "tr-TR", "sv-SE",
    "da-DK", "nb-NO", "fi-FI", "cs-CZ", "hu-HU", "el-GR", "he-IL", "ar-SA",      "th-TH", "uk-UA",
    "ro-RO", "sk-SK", "sl-SI", "hr-HR", "bg-BG", "lt-LT", "lv-LV", "sr-Latn-RS", "et-EE", "fr-CA",
};

etwkit_status ek_pe_mui_path(ek_buf *out, const char *path, size_t index) {
    const char *name = path;
    for (const char *at = path; *at; at++)
        if (*at == '/' || *at == '\\')
            name = at + 1;
    if (index >= sizeof folders / sizeof *folders)
        return ETWKIT_END;
    out->size = 0;
    ek_buf_append(out, path, (size_t)(name - path));
    ek_buf_text(out, folders[index]);
    if (*folders[index])
        ek_buf_byte(out, '/');
    ek_buf_text(out, name);
    ek_buf_append(out, ".mui", sizeof ".mui");
    return out->failed ? ETWKIT_E_NO_MEMORY : ETWKIT_OK;
}

/* One reading of a binary. */
typedef struct reading {
    const char *path;
    const etwkit_allocator *allocator;
    ek_providers *providers;
    ek_wevt_report *report;
    void *context;
    etwkit_error *error; /* of what ends it: memory that ran out */
    ek_message_table messages;
    ek_buf mui_path;
    ek_buf mui; /* the file of texts that is used; the messages are views into it */
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

/* All of a file, or ETWKIT_ABSENT where it is no file of texts. */
static etwkit_status load(reading *of, const char *path, etwkit_error *error) {
    ek_file *file;
    uint64_t size = 0;
    size_t got = 0;
    etwkit_status status = ek_file_open(&file, path, of->allocator, NULL);
    if (status)
        return status == ETWKIT_E_NO_MEMORY ? status : ETWKIT_ABSENT;
    if (ek_file_size(file, &size, NULL))
        status = ek_fail(error, ETWKIT_E_IO, "it cannot be read");
    else if (size > EK_MAX_MUI_SIZE)
        status = ek_fail(error, ETWKIT_E_LIMIT, "it is larger than any file of texts, and not read");
    of->mui.size = 0;
    if (!status && !ek_buf_reserve(&of->mui, (size_t)size + 1))
        status = ETWKIT_E_NO_MEMORY;
    if (!status && ek_file_read(file, 0, of->mui.data, (size_t)size, &got, NULL))
        status = ek_fail(error, ETWKIT_E_IO, "it cannot be read");
    of->mui.size = got;
    ek_file_close(&file);
    return status;
}

/* Takes the texts of the first file of them that has any. */
static etwkit_status add_mui_messages(reading *of) {
    etwkit_status status;
    for (size_t i = 0; !(status = ek_pe_mui_path(&of->mui_path, of->path, i)); i++) {
        const char *path = (const char *)of->mui_path.data;
        etwkit_error error = {0};
        ek_pe pe;
        size_t before = of->messages.count;
        status = load(of, path, &error);
        if (status == ETWKIT_ABSENT)
            continue;
        if (!status)
            status = ek_pe_open(&pe, of->mui.data, of->mui.size, &error);
        status = status ? tell_damage(of, path, status, &error) : add_messages(of, path, &pe);
        if (status)
            return status;
        if (of->messages.count > before)
            return ETWKIT_OK;
    }
    return status == ETWKIT_END ? ETWKIT_OK : ek_fail_memory(of->error);
}

static void tell_missing_labels(const reading *of) {
    etwkit_error error = {0};
    ek_fail(&error, ETWKIT_E_NOT_FOUND,
            "labels of values are not known: their texts are in a .mui file, and none lies beside it");
    tell(of, of->path, &error);
}

static etwkit_status read_templates(reading *of, const ek_pe_resource *resource) {
    ek_wevt_source source = {.name = of->path,
                             .data = resource->data,
                             .size = resource->size,
                             .messages = &of->messages,
                             .report = of->report,
                             .context = of->context};
    etwkit_status status = ek_wevt_read(&source, of->providers, of->error);
    if (!status && source.missing_labels && !of->messages.count)
        tell_missing_labels(of);
    return status;
}

/* A resource that is damaged as a whole ends the reading only where none was whole. */
static etwkit_status read_resources(reading *of, const ek_pe *pe) {
    etwkit_status result = ETWKIT_ABSENT;
    bool loaded = false;
    for (size_t i = 0; i < MOST_RESOURCES; i++) {
        ek_pe_resource found;
        etwkit_error error = {0};
        etwkit_status status = ek_pe_resource_at(pe, EK_PE_EVENT_TEMPLATE, 0, i, &found, &error);
        if (status == ETWKIT_ABSENT)
            break;
        if (!status && !loaded) {
            loaded = true;
            status = add_messages(of, of->path, pe);
            if (!status && !of->messages.count)
                status = add_mui_messages(of);
            if (status)
                return status;
        }
        if (status)
            status = ek_fail(of->error, status, "%s: %s", of->path, error.message);
        else
            status = read_templates(of, &found);
        if (status == ETWKIT_E_NO_MEMORY)
            return status;
        result = result == ETWKIT_OK ? result : status;
    }
    return result;
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
    ek_buf_init(&of.mui_path, of.allocator);
    ek_buf_init(&of.mui, of.allocator);
    status = read_resources(&of, &pe);
    ek_message_table_free(&of.messages);
    ek_buf_free(&of.mui_path);
    ek_buf_free(&of.mui);
    return status;
}
