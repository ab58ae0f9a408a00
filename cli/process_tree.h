/* SPDX-License-Identifier: MIT */
/* The processes of traces as a tree, with their images. */
#ifndef ETWKIT_CLI_PROCESS_TREE_H
#define ETWKIT_CLI_PROCESS_TREE_H

#include "cli.h"

#include <etwkit/processes.h>

#define PROCESS_NONE SIZE_MAX

/* One loaded image of a process. */
typedef struct process_image {
    uint64_t base, size;
    int64_t load, unload; /* FILETIME; 0: not told */
    char *path;           /* NULL: not told */
    size_t process;       /* index of its node */
    size_t next;          /* of the same process, in the order of the events; PROCESS_NONE */
} process_image;

typedef struct process_node {
    const etwkit_process *is;
    size_t parent, first_child, next; /* indexes, or PROCESS_NONE */
    size_t first_image, last_image;
    unsigned depth; /* shown ancestors */
    bool wanted;    /* by the options */
    bool placed;    /* in `order` */
} process_node;

typedef struct process_tree {
    etwkit_processes *table;
    process_node *nodes;
    size_t count, capacity;
    size_t *by_address; /* nodes by `is`, to be found */
    size_t known;       /* how many of them are in the table; behind them those that image events alone tell of */
    size_t *order;      /* nodes from root to leaf, those that are wanted */
    size_t shown;
    process_image *images;
    size_t image_count, image_capacity;
    size_t image_bytes; /* of paths */
    size_t *slots;      /* images by process and base */
    size_t slot_mask;
    bool full; /* images were left out */
} process_tree;

enum {
    PROCESS_IMAGES_MOST = 1048576,          /* images of all processes */
    PROCESS_IMAGE_BYTES = 128 * 1024 * 1024 /* bytes of their paths */
};

/* process_tree.c: `table` is the tree's from here on. */
void process_tree_begin(process_tree *tree, etwkit_processes *table);
/* The process of an event about it. One that the table does not know is added. */
size_t process_tree_find(process_tree *tree, int64_t boot_time, uint32_t process_id, int64_t time);
/* Joins processes to their parents, and makes the order: of those that are `wanted` alone. */
void process_tree_arrange(process_tree *tree);
void process_tree_free(process_tree *tree);

/* process_images.c */
/* Keeps all but the events about images; NULL: memory ran out. */
etwkit_filter *process_image_filter(void);
/* Takes in a record that such a filter let through. false: memory ran out. */
bool process_image_add(process_tree *tree, etwkit_trace *trace, const etwkit_record *record);

/* process_show.c */
void process_print_json(cli_output *output, const process_tree *tree);
void process_print_text(cli_output *output, const process_tree *tree, bool with_images);

#endif
