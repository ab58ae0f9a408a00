/* SPDX-License-Identifier: MIT */
/* What a POSIX machine says of clocks, processors and ids. */
#if defined(__linux__)
#define _GNU_SOURCE /* sched_getcpu; NOLINT(bugprone-reserved-identifier): glibc's own */
#endif
#include "base/machine.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#endif

#define SECOND INT64_C(1000000000) /* in nanoseconds */
#define FILETIME_SECOND INT64_C(10000000)
#define FILETIME_OF_1970 INT64_C(116444736000000000)

static int64_t nanoseconds(clockid_t clock) {
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

int64_t ek_ticks_now(void) {
    return nanoseconds(CLOCK_MONOTONIC);
}

uint64_t ek_ticks_frequency(void) {
    return (uint64_t)SECOND;
}

int64_t ek_filetime_now(void) {
    return FILETIME_OF_1970 + nanoseconds(CLOCK_REALTIME) / (SECOND / FILETIME_SECOND);
}

int64_t ek_filetime_of_boot(void) {
#if defined(CLOCK_BOOTTIME)
    return ek_filetime_now() - nanoseconds(CLOCK_BOOTTIME) / (SECOND / FILETIME_SECOND);
#else
    return ek_filetime_now() - ek_ticks_now() / (SECOND / FILETIME_SECOND);
#endif
}

int32_t ek_time_zone_bias(void) {
    time_t now = time(NULL);
    struct tm local;
    if (!localtime_r(&now, &local))
        return 0;
    return (int32_t)(-local.tm_gmtoff / 60);
}

uint32_t ek_processor_count(void) {
    long count = sysconf(_SC_NPROCESSORS_CONF);
    return count > 0 ? (uint32_t)count : 1;
}

uint32_t ek_processor_now(void) {
#if defined(__linux__)
    int processor = sched_getcpu();
    return processor >= 0 ? (uint32_t)processor : 0;
#else
    return ek_thread_id();
#endif
}

uint32_t ek_processor_mhz(void) {
    char text[4096] = {0};
    int file = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        (void)close(file);
    const char *at = got > 0 ? strstr(text, "cpu MHz") : NULL;
    uint32_t speed = 0;
    for (at = at ? strchr(at, ':') : NULL; at && (*++at == ' ' || (*at >= '0' && *at <= '9'));)
        speed = *at == ' ' ? speed : speed * 10 + (uint32_t)(*at - '0');
    return speed ? speed : (uint32_t)(ek_ticks_frequency() / 1000000);
}

uint32_t ek_process_id(void) {
    return (uint32_t)getpid();
}

uint32_t ek_thread_id(void) {
#if defined(__linux__)
    return (uint32_t)syscall(SYS_gettid);
#else
    uint64_t id = 0;
    (void)pthread_threadid_np(NULL, &id);
    return (uint32_t)id;
#endif
}

bool ek_machine_on_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void)) {
    return pthread_atfork(before, in_parent, in_child) == 0;
}

void ek_machine_at_exit(void (*run)(void)) {
    (void)atexit(run);
}

bool ek_machine_is_alone(void) {
    return false;
}

void ek_machine_complain(const char *line) {
    for (size_t size = strlen(line); size;) {
        ssize_t written = write(STDERR_FILENO, line, size);
        if (written <= 0)
            return;
        line += written;
        size -= (size_t)written;
    }
}

void ek_random(void *bytes, size_t size) {
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, bytes, size) : -1;
    if (file >= 0)
        (void)close(file);
    if (got == (ssize_t)size)
        return;
    /* Without it: what differs between processes, and between calls of one. */
    uint64_t mix = (uint64_t)ek_ticks_now() ^ (uint64_t)ek_filetime_now() << 20 ^ (uint64_t)getpid() << 40;
    for (size_t i = 0; i < size; i++) {
        mix = mix * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        ((uint8_t *)bytes)[i] = (uint8_t)(mix >> 56);
    }
}
