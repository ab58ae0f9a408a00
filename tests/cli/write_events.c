/* SPDX-License-Identifier: MIT */
/* A program for the tests of record and listen: does what its arguments say, one after the other. */
#include <etwkit/etwkit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#include <windows.h>
#else
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

ETWKIT_PROVIDER_DEFINE(provider_a, "Test.A");
ETWKIT_PROVIDER_DEFINE(provider_b, "Test.B");

static void write_event(const etwkit_provider *provider, const char *levels_and_more) {
    char *rest;
    uint8_t level = (uint8_t)strtoul(levels_and_more, &rest, 0);
    uint64_t keywords = strtoull(*rest ? rest + 1 : rest, &rest, 0);
    uint32_t number = (uint32_t)strtoul(*rest ? rest + 1 : rest, NULL, 0);
    ETWKIT_WRITE(*provider, "Done", level, keywords, ETWKIT_U32("number", number));
}

static void rest(unsigned milliseconds) {
#if defined(_WIN32)
    Sleep(milliseconds);
#else
    (void)usleep(milliseconds * 1000);
#endif
}

/* With pauses: a session may lose what it cannot write as fast. */
static void write_many(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (i % 500 == 0)
            rest(1);
        ETWKIT_WRITE(provider_a, "Many", ETWKIT_LEVEL_INFO, 0x1, ETWKIT_U32("number", i),
                     ETWKIT_STR("text", "some text that makes the event a little longer"));
    }
}

/* The child writes, and exits as programs do. */
static void fork_once(void) {
#if !defined(_WIN32)
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        ETWKIT_WRITE(provider_a, "InChild", ETWKIT_LEVEL_INFO, 0x1, ETWKIT_U32("number", 0));
        exit(0);
    }
    (void)waitpid(child, NULL, 0);
#endif
}

static void await_line(void) {
    char line[16];
    if (!fgets(line, sizeof line, stdin))
        exit(9);
}

#if defined(_WIN32)
/* What a shell would make of a signal: its number, and nothing of the program goes on. */
static void die_of(int number) {
    (void)TerminateProcess(GetCurrentProcess(), 128 + (UINT)number);
}

/* What Windows does where nobody handles Ctrl-C; Wine's code would be 0. */
static BOOL WINAPI end_of_control_c(DWORD event) {
    (void)event;
    ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
}

static void await_control_c(void) {
    (void)SetConsoleCtrlHandler(end_of_control_c, TRUE);
    rest(60000);
}
#else
static volatile sig_atomic_t signals; /* that came */

static void count_signal(int number) {
    (void)number;
    signals++;
}

/* And a moment longer, for those that should not come. */
static void wait_for_signal(void) {
    while (signals == 0)
        rest(1);
    rest(200);
}
#endif

/* A:LEVEL:KEYWORDS:NUMBER and B:..., many:COUNT, fork, say:TEXT, line, signal:NUMBER, handle:NUMBER, pause, count,
 * exit:CODE
 */
static void act(const char *action) {
    const char *value = strchr(action, ':');
    value = value ? value + 1 : "";
    if (strncmp(action, "A:", 2) == 0)
        write_event(&provider_a, value);
    else if (strncmp(action, "B:", 2) == 0)
        write_event(&provider_b, value);
    else if (strncmp(action, "many:", 5) == 0)
        write_many((uint32_t)strtoul(value, NULL, 10));
    else if (strcmp(action, "fork") == 0)
        fork_once();
    else if (strncmp(action, "say:", 4) == 0)
        printf("%s\n", value), (void)fflush(stdout);
    else if (strcmp(action, "line") == 0)
        await_line();
    else if (strncmp(action, "exit:", 5) == 0)
        exit(atoi(value));
#if defined(_WIN32)
    else if (strncmp(action, "signal:", 7) == 0)
        die_of(atoi(value));
    else if (strcmp(action, "pause") == 0)
        await_control_c();
#else
    else if (strncmp(action, "signal:", 7) == 0)
        (void)raise(atoi(value));
    else if (strncmp(action, "handle:", 7) == 0)
        (void)signal(atoi(value), count_signal);
    else if (strcmp(action, "pause") == 0)
        wait_for_signal();
    else if (strcmp(action, "count") == 0)
        printf("%d signals\n", (int)signals);
#endif
    else
        exit(99);
}

int main(int argc, char **argv) {
#if defined(_WIN32)
    (void)_setmode(_fileno(stdout), _O_BINARY);
#endif
    if (etwkit_provider_register(&provider_a, NULL) || etwkit_provider_register(&provider_b, NULL))
        return 98;
    for (int i = 1; i < argc; i++)
        act(argv[i]);
    etwkit_provider_unregister(&provider_b);
    etwkit_provider_unregister(&provider_a);
    return 0;
}
