/* SPDX-License-Identifier: MIT */
/* The command's operating system: POSIX. */
#include "cli.h"
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

int main(int argc, char **argv) {
    return cli_main(argc, argv);
}

static void on_signal(int number) {
    interrupted = number;
}

void system_begin(void) {
    struct sigaction end = {.sa_flags =
                                (int)SA_RESETHAND}; /* the second signal finds the default: it ends us at once */
    end.sa_handler = on_signal;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction before;
        /* What nohup, or a shell that runs us in the background, has switched off stays off. */
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &end, NULL);
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write() */
    (void)signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow further */
}

int system_interrupted(void) {
    return interrupted;
}

intptr_t system_stdout(void) {
    return STDOUT_FILENO;
}

intptr_t system_stderr(void) {
    return STDERR_FILENO;
}

bool system_is_terminal(intptr_t file) {
    return isatty((int)file) == 1;
}

bool system_stderr_is_terminal(void) {
    return system_is_terminal(STDERR_FILENO);
}

bool system_wants_color(void) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return !(no_color && *no_color) && term && *term && strcmp(term, "dumb") != 0;
}

unsigned system_stderr_columns(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

intptr_t system_create(const char *path, int *system_error) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    *system_error = file < 0 ? errno : 0;
    return file;
}

int system_write(intptr_t file, const void *data, size_t size, bool *closed) {
    const char *at = data;
    while (size) {
        ssize_t written = write((int)file, at, size);
        if (written < 0 && errno == EAGAIN) { /* whoever gave us the pipe does not wait on it; we do */
            struct pollfd wait = {.fd = (int)file, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (written < 0 && errno != EINTR) {
            *closed = errno == EPIPE;
            return errno;
        } else if (written > 0) {
            at += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

int system_close(intptr_t file) {
    return close((int)file) ? errno : 0;
}

int system_remove(const char *path) {
    return unlink(path) ? errno : 0;
}

bool system_same_file(const char *path, const char *other) {
    struct stat a, b;
    return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void system_error_text(int system_error, char *text, size_t capacity) {
    cli_format(text, capacity, "%s", strerror(system_error)); /* one thread, no locale */
}

uint32_t system_process_id(void) {
    return (uint32_t)getpid();
}

uint64_t system_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool system_wait(unsigned milliseconds, intptr_t file) {
    struct pollfd reader = {.fd = (int)file, .events = 0};
    int ready = poll(&reader, 1, (int)milliseconds);
    return ready <= 0 || !(reader.revents & (POLLERR | POLLHUP));
}
