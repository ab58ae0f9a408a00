/* SPDX-License-Identifier: MIT */
/* What Windows says of clocks, processors and ids. */
#include "base/machine.h"

#include <windows.h>

#define FILETIME_SECOND INT64_C(10000000)

int64_t ek_ticks_now(void) {
    LARGE_INTEGER now;
    (void)QueryPerformanceCounter(&now);
    return now.QuadPart;
}

uint64_t ek_ticks_frequency(void) {
    LARGE_INTEGER frequency;
    (void)QueryPerformanceFrequency(&frequency);
    return (uint64_t)frequency.QuadPart;
}

int64_t ek_filetime_now(void) {
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    return (int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
}

int64_t ek_filetime_of_boot(void) {
    return ek_filetime_now() - (int64_t)GetTickCount64() * (FILETIME_SECOND / 1000);
}

int32_t ek_time_zone_bias(void) {
    TIME_ZONE_INFORMATION zone;
    DWORD kind = GetTimeZoneInformation(&zone);
    if (kind == TIME_ZONE_ID_INVALID)
        return 0;
    LONG daylight = kind == TIME_ZONE_ID_DAYLIGHT ? zone.DaylightBias : zone.StandardBias;
    return (int32_t)(zone.Bias + (kind == TIME_ZONE_ID_UNKNOWN ? 0 : daylight));
}

uint32_t ek_processor_count(void) {
    DWORD count = GetMaximumProcessorCount(ALL_PROCESSOR_GROUPS);
    return count ? count : 1;
}

uint32_t ek_processor_now(void) {
    PROCESSOR_NUMBER number;
    GetCurrentProcessorNumberEx(&number);
    return (uint32_t)number.Group * 64 + number.Number;
}

uint32_t ek_processor_mhz(void) {
    uint64_t ticks = ek_ticks_frequency() / 1000000;
    DWORD speed = 0, size = sizeof speed;
    (void)RegGetValueA(HKEY_LOCAL_MACHINE, "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0", "~MHz",
                       RRF_RT_REG_DWORD, NULL, &speed, &size);
    if (speed)
        return speed;
    return ticks ? (uint32_t)ticks : 1;
}

uint32_t ek_process_id(void) {
    return GetCurrentProcessId();
}

uint32_t ek_thread_id(void) {
    return GetCurrentThreadId();
}

bool ek_machine_on_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void)) {
    (void)before;
    (void)in_parent;
    (void)in_child;
    return true;
}

void ek_machine_at_exit(void (*run)(void)) {
    (void)atexit(run);
}

/* learn.microsoft.com/windows/win32/devnotes/rtldllshutdowninprogress: there is no import library for it. */
bool ek_machine_is_alone(void) {
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC found = ntdll ? GetProcAddress(ntdll, "RtlDllShutdownInProgress") : NULL;
    BOOLEAN(NTAPI * ask)(void);
    memcpy(&ask, &found, sizeof ask);
    return found && ask();
}

void ek_machine_complain(const char *line) {
    DWORD written;
    (void)WriteFile(GetStdHandle(STD_ERROR_HANDLE), line, (DWORD)strlen(line), &written, NULL);
}

void ek_random(void *bytes, size_t size) {
    /* No library for it is loaded: these are unique to the machine, the process and the moment, which is enough. */
    uint64_t mix = (uint64_t)ek_ticks_now() ^ (uint64_t)ek_filetime_now() << 20 ^ (uint64_t)GetCurrentProcessId() << 40;
    for (size_t i = 0; i < size; i++) {
        mix = mix * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        ((uint8_t *)bytes)[i] = (uint8_t)(mix >> 56);
    }
}
