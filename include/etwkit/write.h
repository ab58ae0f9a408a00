/* SPDX-License-Identifier: MIT */
/* Writing an event in one statement: the compiler makes its metadata, and it costs next to nothing while unwanted. */
#ifndef ETWKIT_WRITE_H
#define ETWKIT_WRITE_H

#include <etwkit/event_builder.h>
#include <etwkit/write_fields.h>

/* For one file. Others: `extern etwkit_provider app;` in a header, and in one file, without static,
 * `etwkit_provider app = ETWKIT_PROVIDER_INIT("MyCompany.MyApp");` or ETWKIT_PROVIDER_INIT_ID. */
#define ETWKIT_PROVIDER_DEFINE(variable, provider_name) \
    static etwkit_provider variable = ETWKIT_PROVIDER_INIT(provider_name)

/*
 * ETWKIT_WRITE(provider, name, level, keywords, ...): a statement that writes one event.
 *
 *     ETWKIT_WRITE(app, "RequestDone", ETWKIT_LEVEL_INFO, KW_HTTP,
 *                  ETWKIT_U32("status", 200), ETWKIT_STR("url", url), ETWKIT_F64("seconds", t));
 *
 * `provider` is the etwkit_provider itself (of a pointer: *p). `name` is a string literal, UTF-8, as are the fields'
 * names, without NUL inside. Behind the keywords stand 0 to 32 fields (write_fields.h) and settings (below), in any
 * order; the payload has the fields in theirs.
 *
 * What is evaluated: `level`, always and once; `keywords`, where some session wants events of that level; fields and
 * settings, in no given order, only where a session wants this very event (etwkit_provider_is_enabled()). So an event
 * that nobody wants costs one load and a branch, and nothing may depend on its fields' side effects.
 *
 * Nothing is allocated or waited for, and whatever a field points to is read before the statement ends. The limits are
 * those of etwkit_provider_write(): 64 KiB, 128 data (each field is one, a struct only its members are); what is over
 * them, or finds no room, is lost and counted by the sessions. Names together have at most 4,000 bytes (the longest
 * literal that all compilers take). Any thread, and a signal handler, if it returns. A provider that is not
 * registered wants nothing. C11 and C++11.
 */
#define ETWKIT_WRITE(provider, name, level, ...)                                                                       \
    do {                                                                                                               \
        const uint8_t etwkit_level_ = (level);                                                                         \
        if (etwkit_provider_may_want(&(provider), etwkit_level_)) {                                                    \
            const uint64_t etwkit_keywords_ = (EK_WRITE_FIRST(__VA_ARGS__, ~));                                        \
            if (etwkit_provider_is_enabled(&(provider), etwkit_level_, etwkit_keywords_)) {                            \
                enum {                                                                                                 \
                    etwkit_size_ = sizeof(EK_WRITE_METADATA(name, __VA_ARGS__)) + 1                                    \
                };                                                                                                     \
                static const struct {                                                                                  \
                    uint8_t size[2];                                                                                   \
                    char text[etwkit_size_ - 1]; /* its NUL is not part of the metadata */                             \
                } etwkit_metadata_ = {{etwkit_size_ & 0xFF, etwkit_size_ >> 8}, EK_WRITE_METADATA(name, __VA_ARGS__)}; \
                /* In one piece: bytes that are set one by one and then copied as words would make the processor wait. \
                 */                                                                                                    \
                etwkit_event etwkit_event_ = {                                                                         \
                    &etwkit_metadata_, etwkit_size_, 0,   0, ETWKIT_CHANNEL_TRACELOGGING, etwkit_level_, 0, 0,         \
                    etwkit_keywords_,  NULL,         NULL};                                                            \
                EK_WRITE_EACH(EK_WRITE_SETTING, __VA_ARGS__)                                                           \
                const etwkit_data etwkit_data_[] = {EK_WRITE_EACH(EK_WRITE_DATA, __VA_ARGS__)                          \
                                                        etwkit_data_value(0, 0)}; /* one more: never empty */          \
                (void)etwkit_provider_write(&(provider), &etwkit_event_, etwkit_data_,                                 \
                                            sizeof etwkit_data_ / sizeof *etwkit_data_ - 1);                           \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

/* The event that a level and keywords make: the rest is 0, NULL, and TraceLogging's channel. */
static inline etwkit_event etwkit_event_of(uint8_t level, uint64_t keywords) {
    etwkit_event event;
    memset(&event, 0, sizeof event);
    event.channel = ETWKIT_CHANNEL_TRACELOGGING;
    event.level = level;
    event.keywords = keywords;
    return event;
}

/* Settings: what an event has beside its fields, where it is not 0. */
#define ETWKIT_OPCODE(number) ("", etwkit_event_.opcode = (number);, )
#define ETWKIT_TASK(number) ("", etwkit_event_.task = (number);, )
#define ETWKIT_ID(number, its_version) ("", etwkit_event_.event_id = (number); etwkit_event_.version = (its_version);, )
/* Pointers to GUIDs; NULL as if not said. Unless said, an event belongs to the thread's activity. */
#define ETWKIT_ACTIVITY(id) ("", etwkit_event_.activity = (id);, )
#define ETWKIT_RELATED(id) ("", etwkit_event_.related = (id);, )

/*
 * Writes an event that is known at run time only: what `builder` has since etwkit_event_builder_begin(), with all but
 * the metadata from `event`, which etwkit_event_of() makes. The builder stays the caller's, and can begin the next one.
 * The status, and the error where one is told, are those of etwkit_event_builder_finish(), then the status is that of
 * etwkit_provider_write(). Ask etwkit_provider_is_enabled() before building.
 */
static inline etwkit_status etwkit_provider_write_built(const etwkit_provider *provider, const etwkit_event *event,
                                                        etwkit_event_builder *builder, etwkit_error *error) {
    const uint8_t *metadata, *payload;
    size_t metadata_size, payload_size;
    const etwkit_status status =
        etwkit_event_builder_finish(builder, &metadata, &metadata_size, &payload, &payload_size, error);
    if (status)
        return status;
    etwkit_event built = *event;
    built.metadata = metadata;
    built.metadata_size = (uint16_t)metadata_size; /* the builder has refused more */
    const etwkit_data data = etwkit_data_of_kind(ETWKIT_DATA_BYTES, payload, payload_size, 0);
    return etwkit_provider_write(provider, &built, &data, 1);
}

/* Tags (none), the event's name, the fields; what stands in front is the size of it all. */
#define EK_WRITE_METADATA(name, ...) "\0" name "\0" EK_WRITE_EACH(EK_WRITE_TEXT, __VA_ARGS__)

#endif
