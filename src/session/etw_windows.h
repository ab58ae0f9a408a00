/* SPDX-License-Identifier: MIT */
/*
 * ETW's interface: Windows' headers, and what those of mingw-w64 in Debian 12 lack of it. That bears our prefix, so
 * that newer headers, which have it too, do not collide; each part names the page that documents it. Constants whose
 * number no page tells have that of Microsoft's own metadata of these headers, from which the Rust crate windows-sys is
 * made.
 */
#ifndef EK_SESSION_ETW_WINDOWS_H
#define EK_SESSION_ETW_WINDOWS_H

#include <windows.h>
/* What follows builds on it. */
#include <assert.h>
#include <evntcons.h>
#include <stddef.h>
#include <tdh.h>

/* Enable properties: learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-enable_trace_parameters */
enum {
    EK_ENABLE_SID = 0x001,
    EK_ENABLE_TS_ID = 0x002,
    EK_ENABLE_STACK_TRACE = 0x004,
    EK_ENABLE_IGNORE_KEYWORD_0 = 0x010,
    EK_ENABLE_PROVIDER_GROUP = 0x020,
    EK_ENABLE_PROCESS_START_KEY = 0x080,
    EK_ENABLE_EVENT_KEY = 0x100,
    EK_ENABLE_EXCLUDE_INPRIVATE = 0x200
};
static_assert(sizeof(ENABLE_TRACE_PARAMETERS) == 48, "ENABLE_TRACE_PARAMETERS");
static_assert(offsetof(ENABLE_TRACE_PARAMETERS, EnableFilterDesc) == 32, "ENABLE_TRACE_PARAMETERS");
static_assert(offsetof(ENABLE_TRACE_PARAMETERS, FilterDescCount) == 40, "ENABLE_TRACE_PARAMETERS");

/* Filters: learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_filter_descriptor */
#define EK_FILTER_TRACEHANDLE 0x80000002u
#define EK_FILTER_PID 0x80000004u
#define EK_FILTER_EXECUTABLE_NAME 0x80000008u
#define EK_FILTER_PAYLOAD 0x80000100u
#define EK_FILTER_EVENT_ID 0x80000200u
#define EK_FILTER_EVENT_NAME 0x80000400u
#define EK_FILTER_STACKWALK 0x80001000u
#define EK_FILTER_STACKWALK_NAME 0x80002000u
#define EK_FILTER_STACKWALK_LEVEL_KW 0x80004000u
enum {
    EK_FILTERS_MAX = 13,
    EK_FILTER_BYTES_MAX = 1024,
    EK_FILTER_NAME_BYTES_MAX = 4096,    /* of event names */
    EK_FILTER_PAYLOAD_BYTES_MAX = 4096, /* of payload filters */
    EK_FILTER_PIDS_MAX = 8,
    EK_FILTER_EVENT_IDS_MAX = 64
};
static_assert(sizeof(EVENT_FILTER_DESCRIPTOR) == 16, "EVENT_FILTER_DESCRIPTOR");
static_assert(offsetof(EVENT_FILTER_DESCRIPTOR, Type) == 12, "EVENT_FILTER_DESCRIPTOR");

/* learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_filter_event_id */
typedef struct ek_event_filter_event_id {
    BOOLEAN FilterIn;
    UCHAR Reserved;
    USHORT Count;
    USHORT Events[1];
} ek_event_filter_event_id;
static_assert(sizeof(ek_event_filter_event_id) == 6, "EVENT_FILTER_EVENT_ID");
static_assert(offsetof(ek_event_filter_event_id, Events) == 4, "EVENT_FILTER_EVENT_ID");

/* learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_filter_event_name */
typedef struct ek_event_filter_event_name {
    ULONGLONG MatchAnyKeyword;
    ULONGLONG MatchAllKeyword;
    UCHAR Level;
    BOOLEAN FilterIn;
    USHORT NameCount;
    UCHAR Names[1]; /* NameCount times UTF-8 with its NUL */
} ek_event_filter_event_name;
static_assert(offsetof(ek_event_filter_event_name, Level) == 16, "EVENT_FILTER_EVENT_NAME");
static_assert(offsetof(ek_event_filter_event_name, Names) == 20, "EVENT_FILTER_EVENT_NAME");

/* Events' data: learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_data_descriptor. The type is the first
 * byte of what mingw-w64 calls Reserved. */
enum {
    EK_DATA_TYPE_NONE = 0,
    EK_DATA_TYPE_EVENT_METADATA = 1,
    EK_DATA_TYPE_PROVIDER_METADATA = 2,
    EK_DATA_TYPE_TIMESTAMP_OVERRIDE = 3
};
static_assert(sizeof(EVENT_DATA_DESCRIPTOR) == 16, "EVENT_DATA_DESCRIPTOR");
static_assert(offsetof(EVENT_DATA_DESCRIPTOR, Reserved) == 12, "EVENT_DATA_DESCRIPTOR");

/* learn.microsoft.com/windows/win32/api/evntprov/ne-evntprov-event_info_class */
#define EK_PROVIDER_SET_TRAITS ((EVENT_INFO_CLASS)2)
#define EK_PROVIDER_USE_DESCRIPTOR_TYPE ((EVENT_INFO_CLASS)3)

/* What a consumer gets: learn.microsoft.com/windows/win32/api/evntcons/ns-evntcons-event_record,
 * .../ns-evntcons-event_header_extended_data_item (types: etwkit_item_type has them all). */
#define EK_EVENT_PROPERTY_RELOGGABLE 0x0008u
static_assert(sizeof(EVENT_HEADER) == 80, "EVENT_HEADER");
static_assert(offsetof(EVENT_HEADER, ActivityId) == 64, "EVENT_HEADER");
static_assert(sizeof(EVENT_RECORD) == 112, "EVENT_RECORD");
static_assert(offsetof(EVENT_RECORD, UserData) == 96, "EVENT_RECORD");
static_assert(sizeof(EVENT_HEADER_EXTENDED_DATA_ITEM) == 16, "EVENT_HEADER_EXTENDED_DATA_ITEM");
static_assert(offsetof(EVENT_HEADER_EXTENDED_DATA_ITEM, DataPtr) == 8, "EVENT_HEADER_EXTENDED_DATA_ITEM");
/* learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-event_trace_logfilew */
static_assert(sizeof(EVENT_TRACE_LOGFILEW) == 448, "EVENT_TRACE_LOGFILEW");
static_assert(offsetof(EVENT_TRACE_LOGFILEW, LogfileHeader) == 120, "EVENT_TRACE_LOGFILEW");
static_assert(offsetof(EVENT_TRACE_LOGFILEW, Context) == 440, "EVENT_TRACE_LOGFILEW");
static_assert(sizeof(TRACE_LOGFILE_HEADER) == 280, "TRACE_LOGFILE_HEADER");

/* Sessions: learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-event_trace_properties */
static_assert(sizeof(EVENT_TRACE_PROPERTIES) == 120, "EVENT_TRACE_PROPERTIES");
static_assert(offsetof(EVENT_TRACE_PROPERTIES, LogFileNameOffset) == 112, "EVENT_TRACE_PROPERTIES");
/* learn.microsoft.com/windows/win32/etw/logging-mode-constants. FlushTimer is in milliseconds. */
#define EK_LOGGER_MS_FLUSH_TIMER 0x00000010u
#define EK_LOGGER_BLOCKING 0x20000000u

/* learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-classic_event_id */
static_assert(sizeof(CLASSIC_EVENT_ID) == 24, "CLASSIC_EVENT_ID");
/* learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-trace_profile_interval */
static_assert(sizeof(TRACE_PROFILE_INTERVAL) == 8, "TRACE_PROFILE_INTERVAL");
/* learn.microsoft.com/windows/win32/api/evntrace/ne-evntrace-trace_query_info_class */
static_assert(TraceStackTracingInfo == 3, "TRACE_INFO_CLASS");
static_assert(TraceSystemTraceEnableFlagsInfo == 4, "TRACE_INFO_CLASS");
static_assert(TraceSampledProfileIntervalInfo == 5, "TRACE_INFO_CLASS");
static_assert(TraceMaxLoggersQuery == 19, "TRACE_INFO_CLASS");

/* Schemas: learn.microsoft.com/windows/win32/api/tdh/ns-tdh-trace_event_info */
static_assert(offsetof(TRACE_EVENT_INFO, EventPropertyInfoArray) == 112, "TRACE_EVENT_INFO");
static_assert(sizeof(EVENT_PROPERTY_INFO) == 24, "EVENT_PROPERTY_INFO");
static_assert(sizeof(TRACE_PROVIDER_INFO) == 24, "TRACE_PROVIDER_INFO");
/* learn.microsoft.com/windows/win32/api/tdh/ns-tdh-provider_event_info */
typedef struct ek_provider_event_info {
    ULONG NumberOfEvents;
    ULONG Reserved;
    EVENT_DESCRIPTOR EventDescriptorsArray[1];
} ek_provider_event_info;
static_assert(offsetof(ek_provider_event_info, EventDescriptorsArray) == 8, "PROVIDER_EVENT_INFO");

/* learn.microsoft.com/windows/win32/api/tdh/ns-tdh-payload_filter_predicate, .../ne-tdh-payload_operator */
typedef struct ek_payload_filter_predicate {
    LPWSTR FieldName;
    USHORT CompareOp;
    LPWSTR Value;
} ek_payload_filter_predicate;
static_assert(sizeof(ek_payload_filter_predicate) == 24, "PAYLOAD_FILTER_PREDICATE");
static_assert(offsetof(ek_payload_filter_predicate, Value) == 16, "PAYLOAD_FILTER_PREDICATE");

/* learn.microsoft.com/windows/win32/api/tdh/nf-tdh-FUNCTION */
EXTERN_C ULONG __stdcall TdhEnumerateManifestProviderEvents(LPGUID ProviderGuid, ek_provider_event_info *Buffer,
                                                            ULONG *BufferSize);
EXTERN_C ULONG __stdcall TdhGetManifestEventInformation(LPGUID ProviderGuid, PEVENT_DESCRIPTOR EventDescriptor,
                                                        PTRACE_EVENT_INFO Buffer, ULONG *BufferSize);
EXTERN_C ULONG __stdcall TdhFormatProperty(PTRACE_EVENT_INFO EventInfo, PEVENT_MAP_INFO MapInfo, ULONG PointerSize,
                                           USHORT PropertyInType, USHORT PropertyOutType, USHORT PropertyLength,
                                           USHORT UserDataLength, PBYTE UserData, PULONG BufferSize, PWCHAR Buffer,
                                           PUSHORT UserDataConsumed);
EXTERN_C ULONG __stdcall TdhCreatePayloadFilter(LPCGUID ProviderGuid, PCEVENT_DESCRIPTOR EventDescriptor,
                                                BOOLEAN EventMatchANY, ULONG PayloadPredicateCount,
                                                ek_payload_filter_predicate *PayloadPredicates, PVOID *PayloadFilter);
EXTERN_C ULONG __stdcall TdhDeletePayloadFilter(PVOID *PayloadFilter);
EXTERN_C ULONG __stdcall TdhAggregatePayloadFilters(ULONG PayloadFilterCount, PVOID *PayloadFilterPtrs,
                                                    PBOOLEAN EventMatchALLFlags,
                                                    PEVENT_FILTER_DESCRIPTOR EventFilterDescriptor);
EXTERN_C ULONG __stdcall TdhCleanupPayloadEventFilterDescriptor(PEVENT_FILTER_DESCRIPTOR EventFilterDescriptor);

#endif
