/* SPDX-License-Identifier: MIT */
/* What the double takes of Windows' headers, and what mingw-w64's lack of them: each with the page that says it. */
#ifndef SIM_TYPES_H
#define SIM_TYPES_H

/* windows.h comes first. */
/* clang-format off */
#include <windows.h>
#include <evntrace.h>
#include <evntcons.h>
#include <evntprov.h>
#include <tdh.h>
/* clang-format on */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* https://learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_filter_descriptor */
enum {
    SIM_FILTER_NONE = 0,
    SIM_FILTER_SCHEMATIZED = (int)0x80000000,
    SIM_FILTER_PID = (int)0x80000004,
    SIM_FILTER_EXECUTABLE_NAME = (int)0x80000008,
    SIM_FILTER_PACKAGE_ID = (int)0x80000010,
    SIM_FILTER_PACKAGE_APP_ID = (int)0x80000020,
    SIM_FILTER_PAYLOAD = (int)0x80000100,
    SIM_FILTER_EVENT_ID = (int)0x80000200,
    SIM_FILTER_EVENT_NAME = (int)0x80000400,
    SIM_FILTER_STACKWALK = (int)0x80001000,
    SIM_FILTER_STACKWALK_NAME = (int)0x80002000,
    SIM_FILTER_STACKWALK_LEVEL_KW = (int)0x80004000
};

/* The limits of https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-enabletraceex2. That page names
 * MAX_EVENT_FILTERS_COUNT without its value, and MAX_EVENT_FILTER_EVENT_NAME_SIZE not at all: 13 and 4096 in
 * evntprov.h. */
enum {
    SIM_MAX_FILTERS = 13,
    SIM_MAX_FILTER_BYTES = 1024,
    SIM_MAX_PAYLOAD_FILTER_BYTES = 4096,
    SIM_MAX_NAME_FILTER_BYTES = 4096,
    SIM_MAX_FILTER_PIDS = 8,
    SIM_MAX_FILTER_IDS = 64
};

/* https://learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_filter_event_id */
typedef struct sim_filter_event_id {
    BOOLEAN filter_in;
    UCHAR reserved;
    USHORT count;
    USHORT events[1];
} sim_filter_event_id;

/* https://learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_filter_level_kw */
typedef struct sim_filter_level_kw {
    ULONGLONG any, all;
    UCHAR level;
    BOOLEAN filter_in;
} sim_filter_level_kw;

/* https://learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_filter_event_name: names follow, each with
 * its NUL, without padding in front of them. */
typedef struct sim_filter_event_name {
    ULONGLONG any, all;
    UCHAR level;
    BOOLEAN filter_in;
    USHORT count;
    char names[4];
} sim_filter_event_name;

_Static_assert(offsetof(sim_filter_event_id, events) == 4, "as in evntprov.h");
_Static_assert(offsetof(sim_filter_event_name, names) == 20, "as in evntprov.h");
_Static_assert(sizeof(EVENT_TRACE_PROPERTIES) == 120, "as on 64-bit Windows");
_Static_assert(sizeof(EVENT_HEADER) == 80 && sizeof(EVENT_RECORD) == 112, "as on 64-bit Windows");
_Static_assert(sizeof(EVENT_HEADER_EXTENDED_DATA_ITEM) == 16, "as in evntcons.h");

/* https://learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-enable_trace_parameters */
enum {
    SIM_PROPERTY_SID = 0x01,
    SIM_PROPERTY_TS_ID = 0x02,
    SIM_PROPERTY_STACK_TRACE = 0x04,
    SIM_PROPERTY_PSM_KEY = 0x08,
    SIM_PROPERTY_IGNORE_KEYWORD_0 = 0x10,
    SIM_PROPERTY_PROVIDER_GROUP = 0x20,
    SIM_PROPERTY_PROCESS_START_KEY = 0x80,
    SIM_PROPERTY_EVENT_KEY = 0x100,
    SIM_PROPERTY_EXCLUDE_INPRIVATE = 0x200
};

/* Types of extended items:
 * https://learn.microsoft.com/windows/win32/api/evntcons/ns-evntcons-event_header_extended_data_item */
enum {
    SIM_ITEM_RELATED_ACTIVITY_ID = 0x01,
    SIM_ITEM_SID = 0x02,
    SIM_ITEM_TS_ID = 0x03,
    SIM_ITEM_STACK_TRACE64 = 0x06,
    SIM_ITEM_EVENT_KEY = 0x0A,
    SIM_ITEM_EVENT_SCHEMA_TL = 0x0B,
    SIM_ITEM_PROV_TRAITS = 0x0C,
    SIM_ITEM_PROCESS_START_KEY = 0x0D
};

/* EVENT_DATA_DESCRIPTOR.Type: https://learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_data_descriptor
 */
enum {
    SIM_DESCRIPTOR_NONE = 0,
    SIM_DESCRIPTOR_EVENT_METADATA = 1,
    SIM_DESCRIPTOR_PROVIDER_METADATA = 2
};

/* EVENT_INFO_CLASS: https://learn.microsoft.com/windows/win32/api/evntprov/ne-evntprov-event_info_class */
enum {
    SIM_PROVIDER_SET_TRAITS = 2,
    SIM_PROVIDER_USE_DESCRIPTOR_TYPE = 3
};

/* Flushing by the millisecond. evntrace.h has the bit (EVENT_TRACE_USE_MS_FLUSH_TIMER), no page tells of it. */
#define SIM_MODE_MS_FLUSH_TIMER 0x00000010u

#define SIM_CONTROL_CONVERT_TO_REALTIME 5

#ifndef STATUS_LOG_FILE_FULL
#define STATUS_LOG_FILE_FULL ((LONG)0xC0000188)
#endif

typedef ULONGLONG sim_handle;

#endif
