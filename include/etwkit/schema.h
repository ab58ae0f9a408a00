/* SPDX-License-Identifier: MIT */
/* A schema: what is known of one kind of event, its names and the layout of its payload. Apart from any value. */
#ifndef ETWKIT_SCHEMA_H
#define ETWKIT_SCHEMA_H

#include <etwkit/guid.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * All objects here belong to the trace that gave the schema, are immutable, and live until it is closed, unless a
 * function says otherwise. Functions accept NULL objects and then answer "none", so calls can be chained. Names are
 * UTF-8.
 */
typedef struct etwkit_schema etwkit_schema;
typedef struct etwkit_field etwkit_field;
typedef struct etwkit_map etwkit_map;

/* What described an event, most specific first. */
typedef enum etwkit_source {
    ETWKIT_SOURCE_UNKNOWN = 0,      /* nothing: names may be known, fields are not */
    ETWKIT_SOURCE_TRACELOGGING = 1, /* metadata carried by the event itself */
    ETWKIT_SOURCE_EVENT_INFO = 2,   /* TRACE_EVENT_INFO embedded in a merged trace */
    ETWKIT_SOURCE_EVENTSOURCE = 3,  /* EventSource manifest sent as events */
    ETWKIT_SOURCE_MANIFEST = 4,     /* manifest or binary that the user gave */
    ETWKIT_SOURCE_PACK = 5,         /* bundled pack */
    ETWKIT_SOURCE_CLASSIC = 6,      /* built-in classic (MOF) classes */
    ETWKIT_SOURCE_WPP = 7,          /* TMF */
    ETWKIT_SOURCE_TDH = 8           /* Windows itself */
} etwkit_source;

/* "tracelogging", "embedded", "eventsource", "manifest", "pack", "built in", "wpp", "tdh", "unknown". Static storage.
 */
ETWKIT_API const char *etwkit_source_name(etwkit_source source);

/* In-types: TDH's numbers (FORMATS 7.1, docs/format/values.md). TraceLogging's types are given in these numbers too. */
typedef enum etwkit_in_type {
    ETWKIT_IN_NULL = 0,
    ETWKIT_IN_UNICODESTRING = 1,
    ETWKIT_IN_ANSISTRING = 2,
    ETWKIT_IN_INT8 = 3,
    ETWKIT_IN_UINT8 = 4,
    ETWKIT_IN_INT16 = 5,
    ETWKIT_IN_UINT16 = 6,
    ETWKIT_IN_INT32 = 7,
    ETWKIT_IN_UINT32 = 8,
    ETWKIT_IN_INT64 = 9,
    ETWKIT_IN_UINT64 = 10,
    ETWKIT_IN_FLOAT = 11,
    ETWKIT_IN_DOUBLE = 12,
    ETWKIT_IN_BOOLEAN = 13, /* 4 bytes */
    ETWKIT_IN_BINARY = 14,
    ETWKIT_IN_GUID = 15,
    ETWKIT_IN_POINTER = 16,
    ETWKIT_IN_FILETIME = 17,
    ETWKIT_IN_SYSTEMTIME = 18,
    ETWKIT_IN_SID = 19,
    ETWKIT_IN_HEXINT32 = 20,
    ETWKIT_IN_HEXINT64 = 21,
    ETWKIT_IN_COUNTED_UTF16 = 22, /* u16 byte length first */
    ETWKIT_IN_COUNTED_ANSI = 23,
    ETWKIT_IN_STRUCT = 24,
    ETWKIT_IN_COUNTED_BINARY = 25,
    ETWKIT_IN_COUNTEDSTRING = 300, /* as 22, WBEM */
    ETWKIT_IN_COUNTEDANSISTRING = 301,
    ETWKIT_IN_REVERSEDCOUNTEDSTRING = 302, /* u16 big-endian byte length first */
    ETWKIT_IN_REVERSEDCOUNTEDANSISTRING = 303,
    ETWKIT_IN_NONNULLTERMINATEDSTRING = 304, /* the rest of the payload */
    ETWKIT_IN_NONNULLTERMINATEDANSISTRING = 305,
    ETWKIT_IN_UNICODECHAR = 306,
    ETWKIT_IN_ANSICHAR = 307,
    ETWKIT_IN_SIZET = 308,
    ETWKIT_IN_HEXDUMP = 309, /* u32 length first */
    ETWKIT_IN_WBEMSID = 310
} etwkit_in_type;

typedef enum etwkit_out_type {
    ETWKIT_OUT_NULL = 0,
    ETWKIT_OUT_STRING = 1,
    ETWKIT_OUT_DATETIME = 2,
    ETWKIT_OUT_BYTE = 3,
    ETWKIT_OUT_UNSIGNEDBYTE = 4,
    ETWKIT_OUT_SHORT = 5,
    ETWKIT_OUT_UNSIGNEDSHORT = 6,
    ETWKIT_OUT_INT = 7,
    ETWKIT_OUT_UNSIGNEDINT = 8,
    ETWKIT_OUT_LONG = 9,
    ETWKIT_OUT_UNSIGNEDLONG = 10,
    ETWKIT_OUT_FLOAT = 11,
    ETWKIT_OUT_DOUBLE = 12,
    ETWKIT_OUT_BOOLEAN = 13,
    ETWKIT_OUT_GUID = 14,
    ETWKIT_OUT_HEXBINARY = 15,
    ETWKIT_OUT_HEXINT8 = 16,
    ETWKIT_OUT_HEXINT16 = 17,
    ETWKIT_OUT_HEXINT32 = 18,
    ETWKIT_OUT_HEXINT64 = 19,
    ETWKIT_OUT_PID = 20,
    ETWKIT_OUT_TID = 21,
    ETWKIT_OUT_PORT = 22,
    ETWKIT_OUT_IPV4 = 23,
    ETWKIT_OUT_IPV6 = 24,
    ETWKIT_OUT_SOCKETADDRESS = 25,
    ETWKIT_OUT_CIMDATETIME = 26,
    ETWKIT_OUT_ETWTIME = 27,
    ETWKIT_OUT_XML = 28,
    ETWKIT_OUT_ERRORCODE = 29,
    ETWKIT_OUT_WIN32ERROR = 30,
    ETWKIT_OUT_NTSTATUS = 31,
    ETWKIT_OUT_HRESULT = 32,
    ETWKIT_OUT_CULTURE_INSENSITIVE_DATETIME = 33,
    ETWKIT_OUT_JSON = 34,
    ETWKIT_OUT_UTF8 = 35,
    ETWKIT_OUT_PKCS7 = 36,
    ETWKIT_OUT_CODE_POINTER = 37,
    ETWKIT_OUT_DATETIME_UTC = 38,
    ETWKIT_OUT_REDUCEDSTRING = 300,
    ETWKIT_OUT_NOPRINT = 301
} etwkit_out_type;

/* "UnicodeString", "unsignedInt": as manifests have them, without their prefix. Static storage; NULL for numbers that
 * are no type, and for ETWKIT_OUT_NULL. Manifests have no names for in-types from 300 on: these have TDH's. */
ETWKIT_API const char *etwkit_in_type_name(etwkit_in_type type);
ETWKIT_API const char *etwkit_out_type_name(etwkit_out_type type);

/* Never NULL for a schema that a trace gave; "" or NULL where said. */
ETWKIT_API etwkit_source etwkit_schema_source(const etwkit_schema *schema);
ETWKIT_API const char *etwkit_schema_provider_name(const etwkit_schema *schema); /* NULL: not known */
ETWKIT_API const char *etwkit_schema_event_name(const etwkit_schema *schema);    /* CONTRACT.md's event_name */
ETWKIT_API const char *etwkit_schema_task_name(const etwkit_schema *schema); /* NULL: not known; so the next three */
ETWKIT_API const char *etwkit_schema_opcode_name(const etwkit_schema *schema);
ETWKIT_API const char *etwkit_schema_level_name(const etwkit_schema *schema);
ETWKIT_API const char *etwkit_schema_channel_name(const etwkit_schema *schema);
/* Names of the keyword bits that the event has set: index 0, 1, ...; NULL after the last. */
ETWKIT_API const char *etwkit_schema_keyword_name(const etwkit_schema *schema, size_t index);
/* The sentence for people that the event's source has, as it stands there: %1 is where the first field goes (of a WPP
 * message %10). etwkit_record_message() fills it. NULL: none. */
ETWKIT_API const char *etwkit_schema_message(const etwkit_schema *schema);

/* The event descriptor that this schema is of. */
ETWKIT_API const etwkit_guid *etwkit_schema_provider_id(const etwkit_schema *schema);
ETWKIT_API uint16_t etwkit_schema_event_id(const etwkit_schema *schema);
ETWKIT_API uint8_t etwkit_schema_version(const etwkit_schema *schema);
ETWKIT_API uint8_t etwkit_schema_opcode(const etwkit_schema *schema);
ETWKIT_API uint8_t etwkit_schema_level(const etwkit_schema *schema);
ETWKIT_API uint8_t etwkit_schema_channel(const etwkit_schema *schema);
ETWKIT_API uint16_t etwkit_schema_task(const etwkit_schema *schema);
ETWKIT_API uint64_t etwkit_schema_keywords(const etwkit_schema *schema);
ETWKIT_API bool etwkit_schema_is_classic(const etwkit_schema *schema);

/* Is the payload's layout known? (It is for an event known to have no payload, too.) */
ETWKIT_API bool etwkit_schema_is_known(const etwkit_schema *schema);
/* Was the layout taken from another, lower version of the event? */
ETWKIT_API bool etwkit_schema_is_guessed(const etwkit_schema *schema);

/* Does it live as long as its trace? Beyond 65,536 kinds of events schemas live until the next batch only. */
ETWKIT_API bool etwkit_schema_is_lasting(const etwkit_schema *schema);
/* The fields that hold the process and the thread that a kernel event is about; NULL: none is derived. Their values are
 * what etwkit_record_payload_process_id() and _thread_id() give. */
ETWKIT_API const etwkit_field *etwkit_schema_process_field(const etwkit_schema *schema);
ETWKIT_API const etwkit_field *etwkit_schema_thread_field(const etwkit_schema *schema);

/* Top-level fields, in payload order. */
ETWKIT_API size_t etwkit_schema_field_count(const etwkit_schema *schema);
ETWKIT_API const etwkit_field *etwkit_schema_field_at(const etwkit_schema *schema, size_t index);
/* The field of that exact name, NULL where there is none. Look it up once per schema, then use it for each record. */
ETWKIT_API const etwkit_field *etwkit_schema_field(const etwkit_schema *schema, const char *name);

/* How often payloads of this kind were walked to their end, and how many left bytes over or ended early. */
typedef struct etwkit_schema_usage {
    uint64_t walked;    /* payloads walked to their end */
    uint64_t with_rest; /* walked ones with bytes after the last field */
    uint64_t truncated; /* walked ones that ended before the last field */
} etwkit_schema_usage;
ETWKIT_API etwkit_schema_usage etwkit_schema_get_usage(const etwkit_schema *schema);

ETWKIT_API const char *
etwkit_field_name(const etwkit_field *field); /* unique within its level: a second "x" is "x_2" */
ETWKIT_API etwkit_in_type etwkit_field_in_type(const etwkit_field *field);
ETWKIT_API etwkit_out_type etwkit_field_out_type(const etwkit_field *field);
ETWKIT_API const etwkit_map *etwkit_field_map(const etwkit_field *field); /* NULL: none */
ETWKIT_API bool etwkit_field_is_array(const etwkit_field *field);
ETWKIT_API uint32_t etwkit_field_tags(const etwkit_field *field);
/* Elements of an array, and bytes (UTF-16: units) of a string or binary value, where the schema fixes them; else 0. */
ETWKIT_API uint16_t etwkit_field_fixed_count(const etwkit_field *field);
ETWKIT_API uint16_t etwkit_field_fixed_length(const etwkit_field *field);
/* The field whose value is their number; NULL where there is none: the payload itself says it, or nothing does. */
ETWKIT_API const etwkit_field *etwkit_field_counted_by(const etwkit_field *field);
ETWKIT_API const etwkit_field *etwkit_field_measured_by(const etwkit_field *field);
/* Members of a struct; 0 and NULL for other fields. */
ETWKIT_API size_t etwkit_field_member_count(const etwkit_field *field);
ETWKIT_API const etwkit_field *etwkit_field_member_at(const etwkit_field *field, size_t index);

ETWKIT_API const char *etwkit_map_name(const etwkit_map *map);
ETWKIT_API bool etwkit_map_is_bitmap(const etwkit_map *map);
ETWKIT_API size_t etwkit_map_count(const etwkit_map *map);
ETWKIT_API etwkit_status etwkit_map_entry(const etwkit_map *map, size_t index, uint64_t *value, const char **label);

#ifdef __cplusplus
}
#endif
#endif
