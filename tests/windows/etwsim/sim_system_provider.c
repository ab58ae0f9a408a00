/* SPDX-License-Identifier: MIT */
/* System providers, by which kernel events are enabled from build 20348 on:
 * https://learn.microsoft.com/windows/win32/etw/system-providers */
#include "sim.h"

#include <string.h>

enum {
    FIRST_BUILD = 20348
};

/* The page has keywords by name, with the flags that they stand for; their values are those of evntrace.h, which
 * mingw-w64's lacks. A keyword without a flag stands for a bit of the other group masks. */
static const struct {
    GUID provider;
    struct {
        ULONGLONG keyword;
        ULONG flags;
    } keywords[14];
} system_providers[] = {
    /* process: GENERAL 1, PERF_COUNTER 8, DEBUG_EVENTS 0x80, DBGPRINT 0x100, JOB 0x200, THREAD 0x800, LOADER 0x1000 */
    {{0x151f55dc, 0x467d, 0x471f, {0x83, 0xb5, 0x5f, 0x88, 0x9d, 0x46, 0xff, 0x66}},
     {{0x1, EVENT_TRACE_FLAG_PROCESS},
      {0x8, EVENT_TRACE_FLAG_PROCESS_COUNTERS},
      {0x80, EVENT_TRACE_FLAG_DEBUG_EVENTS},
      {0x100, EVENT_TRACE_FLAG_DBGPRINT},
      {0x200, EVENT_TRACE_FLAG_JOB},
      {0x800, EVENT_TRACE_FLAG_THREAD},
      {0x1000, EVENT_TRACE_FLAG_IMAGE_LOAD}}},
    /* io: DISK 1, DISK_INIT 2, FILENAME 4, SPLIT 8, FILE 0x10, OPTICAL 0x20, OPTICAL_INIT 0x40, DRIVERS 0x80, CC 0x100,
     * NETWORK 0x200, FILE_INIT 0x400 (in newer headers; the page has FILE_IO_INIT at OPTICAL) */
    {{0x3d5c43e3, 0x0f1c, 0x4202, {0xb8, 0x17, 0x17, 0x4c, 0x00, 0x70, 0xdc, 0x79}},
     {{0x1, EVENT_TRACE_FLAG_DISK_IO},
      {0x2, EVENT_TRACE_FLAG_DISK_IO_INIT},
      {0x4, EVENT_TRACE_FLAG_DISK_FILE_IO},
      {0x8, EVENT_TRACE_FLAG_SPLIT_IO},
      {0x10, EVENT_TRACE_FLAG_FILE_IO},
      {0x20, EVENT_TRACE_FLAG_FILE_IO_INIT},
      {0x80, EVENT_TRACE_FLAG_DRIVER | EVENT_TRACE_FLAG_DISK_FILE_IO},
      {0x200, EVENT_TRACE_FLAG_NETWORK_TCPIP},
      {0x400, EVENT_TRACE_FLAG_FILE_IO_INIT}}},
    /* memory: HARD_FAULTS 2, ALL_FAULTS 4, VIRTUAL_ALLOC 0x400, VAMAP 0x4000 */
    {{0x82958ca9, 0xb6cd, 0x47f8, {0xa3, 0xa8, 0x03, 0xae, 0x85, 0xa4, 0xbc, 0x24}},
     {{0x2, EVENT_TRACE_FLAG_MEMORY_HARD_FAULTS},
      {0x4, EVENT_TRACE_FLAG_MEMORY_PAGE_FAULTS},
      {0x400, EVENT_TRACE_FLAG_VIRTUAL_ALLOC},
      {0x4000, EVENT_TRACE_FLAG_VAMAP}}},
    /* registry: GENERAL 1 */
    {{0x16156bd9, 0xfab4, 0x4cfa, {0xa2, 0x32, 0x89, 0xd1, 0x09, 0x90, 0x58, 0xe3}},
     {{0x1, EVENT_TRACE_FLAG_REGISTRY}}},
    /* scheduler: DISPATCHER 2, CONTEXT_SWITCH 0x200 */
    {{0x599a2a76, 0x4d91, 0x4910, {0x9a, 0xc7, 0x7d, 0x33, 0xf2, 0xe9, 0x7a, 0x6c}},
     {{0x2, EVENT_TRACE_FLAG_DISPATCHER}, {0x200, EVENT_TRACE_FLAG_CSWITCH}}},
    /* profile: GENERAL 1 */
    {{0xbfeb0324, 0x1cee, 0x496f, {0xa4, 0x09, 0x2a, 0xc2, 0xb4, 0x8a, 0x63, 0x22}}, {{0x1, EVENT_TRACE_FLAG_PROFILE}}},
    /* interrupt: GENERAL 1, DPC 4 */
    {{0xd4bbee17, 0xb545, 0x4888, {0x85, 0x8b, 0x74, 0x41, 0x69, 0x01, 0x5b, 0x25}},
     {{0x1, EVENT_TRACE_FLAG_INTERRUPT}, {0x4, EVENT_TRACE_FLAG_DPC}}},
    /* syscall, alpc: GENERAL 1 */
    {{0x434286f7, 0x6f1b, 0x45bb, {0xb3, 0x7e, 0x95, 0xf6, 0x23, 0x04, 0x6c, 0x7c}},
     {{0x1, EVENT_TRACE_FLAG_SYSTEMCALL}}},
    {{0xfcb9baaf, 0xe529, 0x4980, {0x92, 0xe9, 0xce, 0xd1, 0xa6, 0xaa, 0xdf, 0xdf}}, {{0x1, EVENT_TRACE_FLAG_ALPC}}},
    /* without flags: config, cpu, hypervisor, io filter, lock, object, power, timer */
    {{0xfef3a8b6, 0x318d, 0x4b67, {0xa9, 0x6a, 0x3b, 0x0f, 0x6b, 0x8f, 0x18, 0xfe}}, {{0, 0}}},
    {{0xc6c5265f, 0xeae8, 0x4650, {0xaa, 0xe4, 0x9d, 0x48, 0x60, 0x3d, 0x85, 0x10}}, {{0, 0}}},
    {{0xbafa072a, 0x918a, 0x4bed, {0xb6, 0x22, 0xbc, 0x15, 0x20, 0x97, 0x09, 0x8f}}, {{0, 0}}},
    {{0xfbd09363, 0x9e22, 0x4661, {0xb8, 0xbf, 0xe7, 0xa3, 0x4b, 0x53, 0x5b, 0x8c}}, {{0, 0}}},
    {{0x721ddfd3, 0xdacc, 0x4e1e, {0xb2, 0x6a, 0xa2, 0xcb, 0x31, 0xd4, 0x70, 0x5a}}, {{0, 0}}},
    {{0xfebd7460, 0x3d1d, 0x47eb, {0xaf, 0x49, 0xc9, 0xee, 0xb1, 0xe1, 0x46, 0xf2}}, {{0, 0}}},
    {{0xc134884a, 0x32d5, 0x4488, {0x80, 0xe5, 0x14, 0xed, 0x7a, 0xbb, 0x82, 0x69}}, {{0, 0}}},
    {{0x4f061568, 0xe215, 0x499f, {0xab, 0x2e, 0xed, 0xa0, 0xae, 0x89, 0x0a, 0x5b}}, {{0, 0}}},
};

static const size_t provider_count = sizeof system_providers / sizeof *system_providers;

bool sim_is_system_provider(const GUID *provider) {
    for (size_t i = 0; i < provider_count && sim_script.build >= FIRST_BUILD; i++)
        if (memcmp(provider, &system_providers[i].provider, sizeof *provider) == 0)
            return true;
    return false;
}

void sim_enable_system_provider(sim_session *session, const GUID *provider, ULONGLONG keywords, bool enable) {
    ULONG flags = 0;
    for (size_t i = 0; i < provider_count; i++)
        for (size_t k = 0; memcmp(provider, &system_providers[i].provider, sizeof *provider) == 0 && k < 14; k++)
            if (!keywords || !enable || (system_providers[i].keywords[k].keyword & keywords))
                flags |= system_providers[i].keywords[k].flags;
    const bool had_processes = (session->group_masks[0] & EVENT_TRACE_FLAG_PROCESS) != 0;
    session->group_masks[0] = enable ? session->group_masks[0] | flags : session->group_masks[0] & ~flags;
    if (!had_processes)
        sim_rundown(session);
}
