/* SPDX-License-Identifier: MIT */
/* The log of calls, one line each, and which calls are told to fail or to take long. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CALLS = 64,
    ORDERS = 128
};

static SRWLOCK log_lock = SRWLOCK_INIT;
static FILE *log_file;

static struct {
    const char *name;
    ULONG count;
} calls[CALLS];

static struct {
    const char *call;
    ULONG nth; /* 0: each */
    ULONG error, delay;
} orders[ORDERS];
static unsigned order_count;

static void write_line(const char *format, va_list arguments) {
    if (!sim_script.log[0])
        return;
    AcquireSRWLockExclusive(&log_lock);
    if (!log_file)
        log_file = fopen(sim_script.log, "w");
    if (log_file) {
        (void)vfprintf(log_file, format, arguments);
        (void)fputc('\n', log_file);
        (void)fflush(log_file); /* what a program did before it died is what one wants to read */
    }
    ReleaseSRWLockExclusive(&log_lock);
}

void sim_log(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
}

void sim_fatal(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("etwsim: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
    (void)fflush(stderr);
    TerminateProcess(GetCurrentProcess(), 99);
    abort();
}

/* fail CALL NTH|each ERROR, delay CALL NTH|each MS */
bool sim_call_line(const sim_line *line) {
    const bool fail = strcmp(line->words[0], "fail") == 0, delay = strcmp(line->words[0], "delay") == 0;
    if ((!fail && !delay) || line->count != 4)
        return false;
    if (order_count == ORDERS)
        sim_fatal("more than %d calls are told to fail", ORDERS);
    orders[order_count].call = line->words[1];
    orders[order_count].nth = strcmp(line->words[2], "each") == 0 ? 0 : (ULONG)sim_number(line->words[2]);
    *(fail ? &orders[order_count].error : &orders[order_count].delay) = (ULONG)sim_number(line->words[3]);
    order_count++;
    return true;
}

static ULONG count_call(const char *call) {
    unsigned i = 0;
    while (i < CALLS && calls[i].name && strcmp(calls[i].name, call) != 0)
        i++;
    if (i == CALLS)
        return 0;
    calls[i].name = call;
    return ++calls[i].count;
}

ULONG sim_called(const char *call) {
    AcquireSRWLockExclusive(&log_lock);
    const ULONG nth = count_call(call);
    ReleaseSRWLockExclusive(&log_lock);
    ULONG error = 0;
    for (unsigned i = 0; i < order_count; i++)
        if (strcmp(orders[i].call, call) == 0 && (orders[i].nth == 0 || orders[i].nth == nth)) {
            if (orders[i].delay)
                Sleep(orders[i].delay);
            if (!error)
                error = orders[i].error;
        }
    return error;
}

const char *sim_guid_text(const GUID *guid, char text[40]) {
    (void)snprintf(text, 40, "%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", (unsigned long)guid->Data1,
                   guid->Data2, guid->Data3, guid->Data4[0], guid->Data4[1], guid->Data4[2], guid->Data4[3],
                   guid->Data4[4], guid->Data4[5], guid->Data4[6], guid->Data4[7]);
    return text;
}

const char *sim_text(const WCHAR *wide, char text[1024]) {
    text[0] = 0;
    if (wide && !WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, 1024, NULL, NULL))
        text[0] = 0;
    return text;
}
