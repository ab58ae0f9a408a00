/* SPDX-License-Identifier: MIT */
/* Running a program on POSIX systems. */
#include "child.h"
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; /* NOLINT: POSIX has it so */

static volatile pid_t child; /* 0: none runs */

/* What the terminal sends goes to all that runs in it; what somebody sends was meant for what we run. */
static void on_signal(int number, siginfo_t *about, void *context) {
    (void)context;
    if (about->si_pid != 0 && child)
        (void)kill(child, number);
}

static void hand_signals_on(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction hand_on = {.sa_flags = SA_SIGINFO}, before;
    hand_on.sa_sigaction = on_signal;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &hand_on, NULL);
    if (system_interrupted()) /* before we were here */
        (void)kill(child, system_interrupted());
}

static int spawn(const char *const *arguments, bool output_to_stderr) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t usual;
    pid_t process = 0;
    sigemptyset(&usual); /* what the command ignores, the program does not */
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    int code = posix_spawnattr_init(&attributes);
    if (code)
        return code;
    code = posix_spawn_file_actions_init(&actions);
    if (code == 0) {
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        posix_spawnattr_setsigdefault(&attributes, &usual);
        if (output_to_stderr)
            code = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
        if (code == 0)
            code = posix_spawnp(&process, arguments[0], &actions, &attributes, (char *const *)arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    child = process;
    return code;
}

int child_start(const char *const *arguments, const char *variable, const char *value, bool output_to_stderr) {
    int code = setenv(variable, value, 1) ? errno : spawn(arguments, output_to_stderr);
    if (code) {
        cli_message("cannot run %s: %s", arguments[0], strerror(code)); /* NOLINT: one thread */
        return code == ENOENT || code == ENOTDIR ? CHILD_NOT_FOUND : CHILD_NOT_EXECUTABLE;
    }
    hand_signals_on();
    return CLI_GO_ON;
}

bool child_wait(uint32_t milliseconds, int *code) {
    enum {
        STEP = 10
    };
    int status = 0;
    pid_t ended = 0;
    if (milliseconds == CHILD_FOREVER)
        do
            ended = waitpid(child, &status, 0);
        while (ended < 0 && errno == EINTR);
    for (uint32_t waited = 0; ended == 0; waited += STEP) {
        ended = waitpid(child, &status, WNOHANG);
        if (ended == 0 && waited >= milliseconds)
            return false;
        if (ended == 0)
            (void)system_wait(STEP, SYSTEM_NO_FILE);
    }
    child = 0;
    *code = ended < 0 ? CLI_USAGE : WIFSIGNALED(status) ? CLI_INTERRUPTED + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

char *child_full_path(const char *path) {
    char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0);
    if (path[0] != '/' && !folder)
        return NULL;
    size_t size = strlen(path) + 1 + (folder ? strlen(folder) + 1 : 0);
    char *full = cli_resize(NULL, size, 1);
    cli_format(full, size, "%s%s%s", folder ? folder : "", folder ? "/" : "", path);
    free(folder);
    return full;
}
