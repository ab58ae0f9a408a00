/* SPDX-License-Identifier: MIT */
/* System loggers: which kernel events their flags stand for, and the state that they are told at begin and end. */
#include "sim.h"

#include <etwkit/record.h>

#include <string.h>

const GUID sim_system_trace_guid = {0x9e814aad, 0x3204, 0x11d2, {0x9a, 0x82, 0x00, 0x60, 0x08, 0xa8, 0x69, 0x39}};
const GUID sim_stack_walk_class = {0xdef2fe46, 0x7bd6, 0x4b80, {0xbd, 0x94, 0xf5, 0x7f, 0xe2, 0x0d, 0x0c, 0xe3}};

/* The MOF classes of kernel events, and the EVENT_TRACE_FLAG_* that each is enabled by:
 * https://learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-event_trace_properties and the pages of its
 * classes. */
static const GUID process_class = {0x3d6fa8d0, 0xfe05, 0x11d0, {0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}};
static const GUID thread_class = {0x3d6fa8d1, 0xfe05, 0x11d0, {0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}};
static const GUID image_class = {0x2cb15d1d, 0x5fc1, 0x11d2, {0xab, 0xe1, 0x00, 0xa0, 0xc9, 0x11, 0xf5, 0x18}};
static const GUID disk_io_class = {0x3d6fa8d4, 0xfe05, 0x11d0, {0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}};
static const GUID page_fault_class = {0x3d6fa8d3, 0xfe05, 0x11d0, {0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}};
static const GUID file_io_class = {0x90cbdc39, 0x4a3e, 0x11d1, {0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3}};
static const GUID tcp_ip_class = {0x9a280ac0, 0xc8e0, 0x11d1, {0x84, 0xe2, 0x00, 0xc0, 0x4f, 0xb9, 0x98, 0xa2}};
static const GUID udp_ip_class = {0xbf3a50c5, 0xa9c9, 0x4988, {0xa0, 0x05, 0x2d, 0xf0, 0xb7, 0xc8, 0x0f, 0x80}};
static const GUID registry_class = {0xae53722e, 0xc863, 0x11d2, {0x86, 0x59, 0x00, 0xc0, 0x4f, 0xa3, 0x21, 0xa1}};
static const GUID perf_info_class = {0xce1dbfb4, 0x137e, 0x4da6, {0x87, 0xb0, 0x3f, 0x59, 0xaa, 0x10, 0x2c, 0xbc}};
static const GUID alpc_class = {0x45d8cccd, 0x539f, 0x4b72, {0xa8, 0xb7, 0x5c, 0x68, 0x31, 0x42, 0x60, 0x9a}};
static const GUID split_io_class = {0xd837ca92, 0x12b9, 0x44a5, {0xad, 0x6a, 0x3a, 0x65, 0xb3, 0x57, 0x8a, 0xa8}};
static const GUID job_class = {0x3282fc76, 0xfeed, 0x498e, {0x8a, 0xa7, 0xe7, 0x0f, 0x45, 0x9d, 0x43, 0x0e}};
static const GUID debug_print_class = {0x13976d09, 0xa327, 0x438c, {0x95, 0x0b, 0x7f, 0x03, 0x19, 0x28, 0x15, 0xc7}};

static const struct {
    const GUID *class;
    UCHAR first, last; /* event types */
    ULONG flags;
} kernel_events[] = {
    {&process_class, 32, 33, EVENT_TRACE_FLAG_PROCESS_COUNTERS},
    {&process_class, 0, 255, EVENT_TRACE_FLAG_PROCESS},
    {&thread_class, 36, 36, EVENT_TRACE_FLAG_CSWITCH},
    {&thread_class, 50, 50, EVENT_TRACE_FLAG_DISPATCHER},
    {&thread_class, 0, 255, EVENT_TRACE_FLAG_THREAD},
    {&image_class, 0, 255, EVENT_TRACE_FLAG_IMAGE_LOAD},
    {&disk_io_class, 12, 13, EVENT_TRACE_FLAG_DISK_IO_INIT},
    {&disk_io_class, 15, 15, EVENT_TRACE_FLAG_DISK_IO_INIT},
    {&disk_io_class, 34, 53, EVENT_TRACE_FLAG_DRIVER},
    {&disk_io_class, 0, 255, EVENT_TRACE_FLAG_DISK_IO},
    {&page_fault_class, 32, 32, EVENT_TRACE_FLAG_MEMORY_HARD_FAULTS},
    {&page_fault_class, 98, 99, EVENT_TRACE_FLAG_VIRTUAL_ALLOC},
    {&page_fault_class, 10, 14, EVENT_TRACE_FLAG_MEMORY_PAGE_FAULTS},
    {&file_io_class, 0, 36, EVENT_TRACE_FLAG_DISK_FILE_IO},
    {&file_io_class, 76, 76, EVENT_TRACE_FLAG_FILE_IO},
    {&file_io_class, 64, 77, EVENT_TRACE_FLAG_FILE_IO_INIT},
    {&tcp_ip_class, 0, 255, EVENT_TRACE_FLAG_NETWORK_TCPIP},
    {&udp_ip_class, 0, 255, EVENT_TRACE_FLAG_NETWORK_TCPIP},
    {&registry_class, 0, 255, EVENT_TRACE_FLAG_REGISTRY},
    {&perf_info_class, 46, 46, EVENT_TRACE_FLAG_PROFILE},
    {&perf_info_class, 51, 52, EVENT_TRACE_FLAG_SYSTEMCALL},
    {&perf_info_class, 67, 67, EVENT_TRACE_FLAG_INTERRUPT},
    {&perf_info_class, 66, 69, EVENT_TRACE_FLAG_DPC},
    {&alpc_class, 0, 255, EVENT_TRACE_FLAG_ALPC},
    {&split_io_class, 0, 255, EVENT_TRACE_FLAG_SPLIT_IO},
    {&job_class, 0, 255, EVENT_TRACE_FLAG_JOB},
    {&debug_print_class, 0, 255, EVENT_TRACE_FLAG_DBGPRINT},
};

bool sim_is_kernel_kind(BYTE kind) {
    switch (kind) {
    case ETWKIT_HEADER_SYSTEM32:
    case ETWKIT_HEADER_SYSTEM64:
    case ETWKIT_HEADER_COMPACT32:
    case ETWKIT_HEADER_COMPACT64:
    case ETWKIT_HEADER_PERFINFO32:
    case ETWKIT_HEADER_PERFINFO64: return true;
    default: return false;
    }
}

/* Events of no documented flag belong to group masks; which bit is on no page, so that any bit lets them through. */
bool sim_kernel_wants(const sim_session *session, const sim_draft *draft) {
    const GUID *class = &draft->header.ProviderId;
    const UCHAR type = draft->header.EventDescriptor.Opcode;
    if (!session->is_system)
        return false;
    if (memcmp(class, &sim_stack_walk_class, sizeof *class) == 0)
        return session->stack_count != 0;
    for (size_t i = 0; i < sizeof kernel_events / sizeof *kernel_events; i++)
        if (memcmp(class, kernel_events[i].class, sizeof *class) == 0 && type >= kernel_events[i].first &&
            type <= kernel_events[i].last)
            return (session->group_masks[0] & kernel_events[i].flags) != 0;
    for (unsigned i = 1; i < 8; i++)
        if (session->group_masks[i])
            return true;
    return false;
}

static size_t append(BYTE *bytes, size_t at, const void *data, size_t size) {
    memcpy(bytes + at, data, size);
    return at + size;
}

/* Processes that run already are told as DCStart at the begin, and as DCEnd after the stop:
 * https://learn.microsoft.com/windows/win32/etw/process-typegroup1 */
static void tell_processes(sim_session *session, UCHAR type, ULONG first, ULONG end) {
    static const BYTE sid[] = {8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    static const char image[] = "rundown.exe";
    static const WCHAR command[] = L"rundown.exe /state", empty[] = L"";
    for (ULONG i = first; i < end && session->group_masks[0] & EVENT_TRACE_FLAG_PROCESS; i++) {
        BYTE bytes[256];
        const struct {
            ULONGLONG key;
            ULONG process_id, parent_id, session_id, exit_status;
            ULONGLONG directory_table;
            ULONG flags;
        } fixed = {0xffff800000000000 + i, 4000 + 4 * i, 4, 1, 259, 0x1000 * (i + 1ull), 0};
        size_t size = append(bytes, 0, &fixed, offsetof(__typeof__(fixed), flags) + sizeof fixed.flags);
        size = append(bytes, size, sid, sizeof sid);
        size = append(bytes, size, image, sizeof image);
        size = append(bytes, size, command, sizeof command);
        size = append(bytes, size, empty, sizeof empty);
        size = append(bytes, size, empty, sizeof empty);
        sim_draft draft = {.kind = ETWKIT_HEADER_SYSTEM64, .payload = bytes, .payload_size = (ULONG)size};
        draft.header.ProviderId = process_class;
        draft.header.EventDescriptor.Version = 4;
        draft.header.EventDescriptor.Opcode = type;
        draft.header.Flags = EVENT_HEADER_FLAG_CLASSIC_HEADER | EVENT_HEADER_FLAG_64_BIT_HEADER;
        draft.header.ProcessId = draft.header.ThreadId = 4;
        (void)sim_put(session, &draft);
    }
}

void sim_rundown(sim_session *session) {
    tell_processes(session, EVENT_TRACE_TYPE_DC_START, 0, sim_script.rundown_start);
}

bool sim_rundown_end(sim_session *session) {
    const ULONG count = sim_script.rundown_end, pieces = sim_script.rundown_pieces, piece = session->rundown_told;
    if (!session->is_system || session->foreign || piece >= pieces)
        return false;
    tell_processes(session, EVENT_TRACE_TYPE_DC_END, count * piece / pieces, count * (piece + 1) / pieces);
    session->rundown_told++;
    return true;
}
