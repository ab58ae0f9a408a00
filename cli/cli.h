/* SPDX-License-Identifier: MIT */
/* What the command's files share: exit codes, subcommands, options, messages, output. Nothing of traces. */
#ifndef ETWKIT_CLI_H
#define ETWKIT_CLI_H

#include <etwkit/etwkit.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* CONTRACT.md's exit codes; an interrupted command adds the signal's number to CLI_INTERRUPTED (Ctrl-C: 130). */
enum {
    CLI_DONE = 0,
    CLI_DAMAGED = 1,    /* done, but damage was found and reported */
    CLI_USAGE = 2,      /* usage, or a thing that this system cannot do */
    CLI_UNREADABLE = 3, /* the input cannot be read at all */
    CLI_INTERRUPTED = 128,
    CLI_GO_ON = -1 /* no exit code: go on */
};

/* Subcommands: argv[0] is the subcommand's name; the result is the exit code. */
int cli_main(int argc, char **argv);
int cli_info(int argc, char **argv);
int cli_dump(int argc, char **argv);
int cli_grep(int argc, char **argv);
int cli_sample(int argc, char **argv);
int cli_tile(int argc, char **argv);
int cli_processes(int argc, char **argv);
int cli_providers(int argc, char **argv);
int cli_schema(int argc, char **argv);
int cli_record(int argc, char **argv);
int cli_listen(int argc, char **argv);
int cli_sessions(int argc, char **argv);
int cli_replay(int argc, char **argv);

#if defined(__MINGW32__)
#define CLI_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#elif defined(__GNUC__)
#define CLI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define CLI_PRINTF(text, first)
#endif

/* Options: constant tables that are parser and help in one. options.c, help.c */

/* A repeatable option's values, or the operands, in the order given; they stay as argv does. NULL is behind them. */
typedef struct cli_list {
    const char **items;
    size_t count;
} cli_list;

typedef enum cli_kind {
    CLI_FLAG,   /* bool */
    CLI_TEXT,   /* const char *; the last one wins */
    CLI_CHOICE, /* const char *: one of the words in `value`, "text|jsonl" */
    CLI_NUMBER, /* uint64_t, decimal or 0x...; the last one wins */
    CLI_LIST    /* cli_list: every one counts */
} cli_kind;

typedef struct cli_option {
    const char *name; /* long, without dashes; NULL ends a table */
    char letter;      /* of the short form, or 0 */
    cli_kind kind;
    const char *value; /* the value's name in the help; NULL for flags */
    size_t offset;     /* of the target in the settings of its group */
    const char *help;  /* '\n' where a line ends */
} cli_option;

typedef struct cli_group {
    const char *heading; /* NULL ends the list */
    const cli_option *options;
    size_t offset; /* of the group's settings in those of the command */
} cli_group;

typedef struct cli_command {
    const char *name;
    const char *synopsis; /* after the name: "TRACE... [OPTION]..." */
    const char *about;
    const cli_group *groups;
    const char *operand;  /* NULL: it takes none; else at least one is needed, unless it stands in brackets. The first
                             [COMMAND] ends the options: what follows are its own */
    size_t operands;      /* offset of their cli_list in the settings */
    const char *examples; /* and what else a reader of the help wants to know */
} cli_command;

/*
 * Reads the arguments into the settings, which hold the defaults (zero them). CLI_GO_ON, or the exit code of what is
 * finished: help was printed, or a mistake reported. Free lists with cli_list_free().
 */
int cli_parse(const cli_command *command, void *settings, int argc, char **argv);
void cli_print_help(const cli_command *command);
void cli_list_free(cli_list *list);
/* The candidate that was probably meant by `word`, or NULL. Candidates end with NULL. */
const char *cli_nearest(const char *word, const char *const *candidates);

/* numbers.c: whole text or nothing */
bool cli_number(const char *text, uint64_t *number); /* decimal or 0x... */
bool cli_size(const char *text, uint64_t *bytes);    /* the same, perhaps with K, M or G, KB...; below 2^63 */
bool cli_level(const char *text, uint8_t *level);    /* "warning", or 0 to 255 */
/* "+1.5s" and the like, in 100 ns; units d h m s ms us ns. */
bool cli_duration(const char *text, int64_t *ticks);

/* messages.c */

/* To stderr as it is, at once. */
void cli_stderr(const char *format, ...) CLI_PRINTF(1, 2);
/* snprintf whose text may be cut. */
void cli_format(char *text, size_t capacity, const char *format, ...) CLI_PRINTF(3, 4);
/* One line on stderr, after "etwkit: ", printable whatever a name in it holds. */
void cli_message(const char *format, ...) CLI_PRINTF(1, 2);
/* The same with a hint to the command's help; returns CLI_USAGE. */
int cli_usage(const char *command, const char *format, ...) CLI_PRINTF(2, 3);
/* Messages go to `take` instead, without "etwkit: "; NULL: to stderr again. */
void cli_messages_to(void (*take)(const char *text));
/* realloc that ends the command, with a message, where memory runs out. */
void *cli_resize(void *block, size_t count, size_t size);

/* printable.c: text of traces made fit to be shown. Both append to out and return its new length; `out` must hold
 * CLI_PRINTABLE(length) more bytes. Invalid UTF-8 becomes U+FFFD. */
#define CLI_PRINTABLE(length) ((length)*6)
/* For eyes: control characters become "\x1b", those that reorder text "\u202e". */
size_t cli_printable(char *out, const char *text, size_t length);
/* The inside of a JSON string. */
size_t cli_json_text(char *out, const char *text, size_t length);
/* Characters of UTF-8: the columns that it takes on a terminal, wide and combining ones apart. */
size_t cli_columns(const char *text);
#define CLI_GROUPED 32
/* "16,335" */
const char *cli_grouped(char text[CLI_GROUPED], uint64_t number);

/* output.c: bytes to standard output or a file, buffered */
typedef struct cli_output {
    intptr_t file;
    const char *path; /* NULL: standard output */
    bool terminal;
    bool closed; /* whoever read a pipe has gone: that is no error */
    bool failed; /* nothing more can be written; a message said so unless closed */
    size_t used;
    char buffer[1 << 16];
} cli_output;

/* `path` NULL or "-": standard output. false: the file cannot be written, or it is one of `inputs`; a message says why.
 */
bool cli_output_open(cli_output *output, const char *path, const cli_list *inputs);
/* An etwkit_write_function whose context is the cli_output. */
etwkit_status cli_output_write(void *context, const void *data, size_t size, etwkit_error *error);
void cli_output_text(cli_output *output, const char *text);
void cli_output_printf(cli_output *output, const char *format, ...) CLI_PRINTF(2, 3);
void cli_output_flush(cli_output *output);
/* Flushes and closes. CLI_DONE, or CLI_USAGE where something could not be written. */
int cli_output_close(cli_output *output);

/* progress.c: a bar on stderr, from the second second on, where that is a terminal */
typedef struct cli_progress {
    bool wanted;
    bool shown;
    uint64_t begun; /* milliseconds */
    uint64_t drawn;
} cli_progress;

void cli_progress_begin(cli_progress *progress, bool wanted);
void cli_progress_update(cli_progress *progress, uint64_t done, uint64_t total);
void cli_progress_clear(cli_progress *progress);

/* damage_report.c: damages as they are found; as text the first ones in full, the rest counted, as JSON all of them */
typedef struct cli_damage {
    cli_progress *progress; /* cleared before a line is written; may be NULL */
    bool strict;            /* the first one ends the reading */
    uint64_t reported;
} cli_damage;

/* etwkit_trace_options.on_damage, with a cli_damage as context. */
void cli_damage_found(void *context, const etwkit_error *error);
/* The exit code of the error that ended the reading, which is said unless it is a damage that was told already. */
int cli_damage_end(const cli_damage *damage, const etwkit_error *error);
/* The closing sentence, where there was damage. */
void cli_damage_summary(const cli_damage *damage, const etwkit_trace *trace);

#endif
