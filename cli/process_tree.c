/* SPDX-License-Identifier: MIT */
/* Makes a tree of a table of processes: who made whom, by id and time. Shows nothing and reads no event. */
#include "process_tree.h"

#include <stdlib.h>
#include <string.h>

static void grow(process_tree *tree) {
    if (tree->count < tree->capacity)
        return;
    tree->capacity = tree->capacity ? tree->capacity * 2 : 64;
    tree->nodes = cli_resize(tree->nodes, tree->capacity, sizeof *tree->nodes);
}

static size_t add_node(process_tree *tree, const etwkit_process *is) {
    grow(tree);
    tree->nodes[tree->count] = (process_node){.is = is,
                                              .parent = PROCESS_NONE,
                                              .first_child = PROCESS_NONE,
                                              .next = PROCESS_NONE,
                                              .first_image = PROCESS_NONE,
                                              .last_image = PROCESS_NONE,
                                              .wanted = true};
    return tree->count++;
}

typedef struct addressed {
    const etwkit_process *is;
    size_t node;
} addressed;

static int by_address(const void *a, const void *b) {
    uintptr_t one = (uintptr_t)((const addressed *)a)->is, other = (uintptr_t)((const addressed *)b)->is;
    return one < other ? -1 : one > other;
}

void process_tree_begin(process_tree *tree, etwkit_processes *table) {
    const etwkit_process *is;
    *tree = (process_tree){.table = table};
    while ((is = etwkit_processes_at(table, tree->count)))
        (void)add_node(tree, is);
    tree->known = tree->count;
    addressed *sorted = cli_resize(NULL, tree->known + 1, sizeof *sorted);
    for (size_t i = 0; i < tree->known; i++)
        sorted[i] = (addressed){tree->nodes[i].is, i};
    if (tree->known)
        qsort(sorted, tree->known, sizeof *sorted, by_address);
    tree->by_address = cli_resize(NULL, tree->known + 1, sizeof *tree->by_address);
    for (size_t i = 0; i < tree->known; i++)
        tree->by_address[i] = sorted[i].node;
    free(sorted);
}

static size_t node_of(const process_tree *tree, const etwkit_process *is) {
    size_t from = 0, to = tree->known;
    while (is && from < to) {
        size_t middle = from + (to - from) / 2, node = tree->by_address[middle];
        if (tree->nodes[node].is == is)
            return node;
        if ((uintptr_t)tree->nodes[node].is < (uintptr_t)is)
            from = middle + 1;
        else
            to = middle;
    }
    return PROCESS_NONE;
}

size_t process_tree_find(process_tree *tree, int64_t boot_time, uint32_t process_id, int64_t time) {
    enum {
        UNKNOWN_MOST = 1024 /* processes that only image events tell of: further ones share the last */
    };
    size_t node = node_of(tree, etwkit_processes_find(tree->table, boot_time, process_id, time));
    if (node != PROCESS_NONE)
        return node;
    for (size_t i = tree->known; i < tree->count; i++)
        if (tree->nodes[i].is->process_id == process_id && tree->nodes[i].is->boot_time == boot_time)
            return i;
    if (tree->count - tree->known >= UNKNOWN_MOST) {
        tree->full = true;
        return PROCESS_NONE;
    }
    etwkit_process *unknown = cli_resize(NULL, 1, sizeof *unknown);
    *unknown = (etwkit_process){.process_id = process_id, .parent_id = ETWKIT_NO_ID, .boot_time = boot_time};
    unknown->session_id = ETWKIT_NO_ID;
    return add_node(tree, unknown);
}

/* Who had the parent's id when the process began; of one that was there before, who was there before, too. */
static size_t parent_of(const process_tree *tree, size_t at) {
    const etwkit_process *is = tree->nodes[at].is;
    if (is->parent_id == ETWKIT_NO_ID)
        return PROCESS_NONE;
    int64_t time = is->start ? is->start : INT64_MIN;
    size_t parent = node_of(tree, etwkit_processes_find(tree->table, is->boot_time, is->parent_id, time));
    return parent == at ? PROCESS_NONE : parent;
}

static bool stands_before(const process_tree *tree, size_t one, size_t other) {
    const etwkit_process *a = tree->nodes[one].is, *b = tree->nodes[other].is;
    if (a->boot_time != b->boot_time)
        return a->boot_time < b->boot_time;
    if (a->start != b->start)
        return a->start < b->start;
    return a->process_id != b->process_id ? a->process_id < b->process_id : one < other;
}

static const process_tree *sorting; /* qsort hands nothing over, and there is one thread */

static int later_first(const void *a, const void *b) {
    size_t one = *(const size_t *)a, other = *(const size_t *)b;
    return one == other ? 0 : stands_before(sorting, one, other) ? 1 : -1;
}

/* Puts a node and all below it into the order, without recursion: trees of hostile traces are deep. */
static void place(process_tree *tree, size_t root) {
    size_t at = root;
    while (at != PROCESS_NONE) {
        process_node *node = &tree->nodes[at];
        if (!node->placed) {
            const process_node *parent = at != root && node->parent != PROCESS_NONE ? &tree->nodes[node->parent] : NULL;
            node->placed = true;
            node->depth = parent ? parent->depth + parent->wanted : 0;
            if (node->wanted)
                tree->order[tree->shown++] = at;
        }
        size_t child = node->first_child;
        while (child != PROCESS_NONE && tree->nodes[child].placed)
            child = tree->nodes[child].next;
        node->first_child = child; /* those before it are done */
        at = child != PROCESS_NONE ? child : at == root ? PROCESS_NONE : node->parent;
    }
}

void process_tree_arrange(process_tree *tree) {
    size_t *sorted = cli_resize(NULL, tree->count + 1, sizeof *sorted);
    tree->order = cli_resize(NULL, tree->count + 1, sizeof *tree->order);
    for (size_t i = 0; i < tree->count; i++)
        sorted[i] = i;
    sorting = tree;
    if (tree->count)
        qsort(sorted, tree->count, sizeof *sorted, later_first);
    for (size_t i = 0; i < tree->count; i++) { /* the earliest comes last, and so in front of its siblings */
        process_node *node = &tree->nodes[sorted[i]];
        node->parent = parent_of(tree, sorted[i]);
        if (node->parent == PROCESS_NONE)
            continue;
        node->next = tree->nodes[node->parent].first_child;
        tree->nodes[node->parent].first_child = sorted[i];
    }
    for (size_t i = tree->count; i-- > 0;)
        if (tree->nodes[sorted[i]].parent == PROCESS_NONE)
            place(tree, sorted[i]);
    for (size_t i = tree->count; i-- > 0;) /* where each is said to have made the other, the earliest begins */
        if (!tree->nodes[sorted[i]].placed)
            place(tree, sorted[i]);
    free(sorted);
}

void process_tree_free(process_tree *tree) {
    for (size_t i = tree->known; i < tree->count; i++)
        free((void *)(uintptr_t)tree->nodes[i].is);
    for (size_t i = 0; i < tree->image_count; i++)
        free(tree->images[i].path);
    free(tree->nodes);
    free(tree->by_address);
    free(tree->order);
    free(tree->images);
    free(tree->slots);
    etwkit_processes_close(&tree->table);
}
