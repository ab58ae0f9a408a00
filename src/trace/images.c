/* SPDX-License-Identifier: MIT */
/* The table of modules: makes times of loads and unloads, and finds who lay where when. Reads no payload. */
#include "trace/images.h"

#include "base/hash.h"
#include "base/sort.h"
#include "base/utf.h"
#include "trace/processes.h"

#include <string.h>

/* A fact as it is kept. */
typedef struct told {
    int64_t time;
    uint64_t base, size;
    const char *name;
    uint32_t process_id, system;
    ek_image_fact_kind kind;
} told;

/* A module while it lay there: addresses [base, end), times [from, to). */
typedef struct image {
    uint64_t base, end;
    uint64_t reach; /* the largest end of this one and those before it in its list */
    int64_t from, to;
    const char *name;
} image;

struct ek_image_list {
    uint32_t process_id, system;
    size_t first, count;
};

struct ek_images {
    etwkit_allocator allocator;
    ek_arena arena; /* names */
    ek_table names;
    int64_t *systems; /* their boot times */
    size_t system_count, system_capacity;
    told *facts;
    size_t fact_count, fact_capacity;
    size_t sorted; /* facts of which the table was made */
    image *images; /* by list, then by base */
    size_t count, capacity;
    ek_image_list *lists; /* by system and process id */
    size_t list_count, list_capacity;
};

#define NAME_MOST 255u /* characters of a name, as of a file's: it may be shown for each frame */
#define STEPS 64 /* looked at in one list for an address: modules of one time do not overlap, those of several do */

ek_images *ek_images_new(const etwkit_allocator *allocator) {
    ek_images *made = ek_new(allocator, sizeof *made);
    if (!made)
        return NULL;
    made->allocator = *allocator;
    ek_arena_init(&made->arena, allocator);
    ek_table_init(&made->names, allocator);
    return made;
}

void ek_images_free(ek_images **images) {
    ek_images *ending = *images;
    if (!ending)
        return;
    ek_table_free(&ending->names);
    ek_arena_free(&ending->arena);
    ek_release(&ending->allocator, ending->systems);
    ek_release(&ending->allocator, ending->facts);
    ek_release(&ending->allocator, ending->images);
    ek_release(&ending->allocator, ending->lists);
    etwkit_allocator allocator = ending->allocator;
    ek_release(&allocator, ending);
    *images = NULL;
}

static size_t find_system(const ek_images *images, int64_t boot_time) {
    size_t at = 0;
    while (at < images->system_count && !ek_is_same_system(images->systems[at], boot_time))
        at++;
    return at;
}

static bool add_system(ek_images *images, int64_t boot_time) {
    void *grown = images->systems;
    if (!ek_grow(&images->allocator, &grown, &images->system_capacity, images->system_count + 1,
                 sizeof *images->systems))
        return false;
    images->systems = grown;
    images->systems[images->system_count++] = boot_time;
    return true;
}

static bool is_name(const void *value, const void *key) {
    return strcmp(value, key) == 0;
}

/* The last part of the path, kept once. NULL: memory ran out. */
static const char *keep_name(ek_images *images, const ek_image_fact *fact) {
    size_t from = fact->path_size / 2;
    while (from && ek_load16(fact->path + (from - 1) * 2) != '\\' && ek_load16(fact->path + (from - 1) * 2) != '/')
        from--;
    size_t size = fact->path_size / 2 - from;
    ek_buf name;
    ek_buf_init(&name, &images->allocator);
    ek_utf16_append(&name, fact->path + from * 2, (size < NAME_MOST ? size : NAME_MOST) * 2);
    ek_buf_byte(&name, 0);
    const char *kept = NULL;
    if (!name.failed) {
        const char *text = (const char *)name.data;
        uint64_t hash = ek_hash(text, name.size, ek_hash_seed(images));
        kept = ek_table_find(&images->names, hash, is_name, text);
        char *copy = kept ? NULL : ek_arena_text(&images->arena, text, strlen(text));
        if (copy && ek_table_add(&images->names, hash, copy))
            kept = copy;
    }
    ek_buf_free(&name);
    return kept;
}

etwkit_status ek_images_add(ek_images *images, const ek_image_fact *fact) {
    void *grown = images->facts;
    if (images->fact_count >= EK_IMAGES_MOST || images->arena.total > EK_IMAGES_MEMORY)
        return ETWKIT_E_LIMIT;
    size_t system = find_system(images, fact->boot_time);
    if (system == images->system_count && !add_system(images, fact->boot_time))
        return ETWKIT_E_NO_MEMORY;
    bool named = fact->kind != EK_IMAGE_PROCESS;
    const char *name = named ? keep_name(images, fact) : NULL;
    if ((named && !name) ||
        !ek_grow(&images->allocator, &grown, &images->fact_capacity, images->fact_count + 1, sizeof *images->facts))
        return ETWKIT_E_NO_MEMORY;
    images->facts = grown;
    images->facts[images->fact_count++] =
        (told){fact->time, fact->base, fact->size, name, fact->process_id, (uint32_t)system, fact->kind};
    return ETWKIT_OK;
}

/* By process, then its begins, then what was told of each base, in the order of time. */
static bool comes_before(const void *context, uint32_t a, uint32_t b) {
    const told *one = (const told *)context + a, *other = (const told *)context + b;
    if (one->system != other->system)
        return one->system < other->system;
    if (one->process_id != other->process_id)
        return one->process_id < other->process_id;
    bool one_begins = one->kind == EK_IMAGE_PROCESS, other_begins = other->kind == EK_IMAGE_PROCESS;
    if (one_begins != other_begins)
        return one_begins;
    if (one->base != other->base)
        return one->base < other->base;
    return one->time != other->time ? one->time < other->time : a < b;
}

/* The making of one process id's list. */
typedef struct making {
    ek_images *images;
    const uint32_t *order;
    size_t first_begin, begins; /* places in the order: the begins of processes with this id */
} making;

static int64_t time_of_begin(const making *m, size_t number) {
    return m->images->facts[m->order[m->first_begin + number]].time;
}

/* How many processes with this id have begun until then. */
static size_t begun_until(const making *m, int64_t time) {
    size_t from = 0, to = m->begins;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (time_of_begin(m, middle) <= time)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static image *add_image(ek_images *images, const told *fact, int64_t from) {
    void *grown = images->images;
    if (!ek_grow(&images->allocator, &grown, &images->capacity, images->count + 1, sizeof *images->images))
        return NULL;
    images->images = grown;
    image *added = &images->images[images->count++];
    *added = (image){fact->base, fact->base + fact->size, 0, from, INT64_MAX, fact->name};
    return added;
}

/* What was told of one base of one process id: places [from, to) of the order. */
static bool make_base(const making *m, size_t from, size_t to) {
    image *open = NULL;
    int64_t since = INT64_MIN; /* from here on something not yet known may lie there */
    size_t process = 0;
    for (size_t place = from; place < to; place++) {
        const told *fact = &m->images->facts[m->order[place]];
        size_t begun = begun_until(m, fact->time);
        if (begun != process) { /* another process: what the one before had is gone, told or not */
            if (open)
                open->to = time_of_begin(m, process);
            open = NULL;
            since = time_of_begin(m, begun - 1);
            process = begun;
        }
        bool same = open && open->name == fact->name && open->end == fact->base + fact->size;
        if (open && (fact->kind == EK_IMAGE_LOAD || !same)) { /* its end was lost */
            open->to = fact->time;
            since = fact->time;
            open = NULL;
        }
        if (!open && !(open = add_image(m->images, fact, fact->kind == EK_IMAGE_LOAD ? fact->time : since)))
            return false;
        if (fact->kind != EK_IMAGE_UNLOAD)
            continue;
        open->to = since = fact->time;
        open = NULL;
    }
    if (open && process < m->begins)
        open->to = time_of_begin(m, process);
    return true;
}

static bool make_list(const making *m, size_t from, size_t to) {
    ek_images *images = m->images;
    const told *fact = &images->facts[m->order[from]];
    void *grown = images->lists;
    if (!ek_grow(&images->allocator, &grown, &images->list_capacity, images->list_count + 1, sizeof *images->lists))
        return false;
    images->lists = grown;
    size_t first = images->count;
    for (size_t next; from < to; from = next) {
        uint64_t base = images->facts[m->order[from]].base;
        for (next = from; next < to && images->facts[m->order[next]].base == base;)
            next++;
        if (!make_base(m, from, next))
            return false;
    }
    uint64_t reach = 0;
    for (size_t i = first; i < images->count; i++)
        images->images[i].reach = reach = images->images[i].end > reach ? images->images[i].end : reach;
    images->lists[images->list_count++] = (ek_image_list){fact->process_id, fact->system, first, images->count - first};
    return true;
}

static bool is_of(const told *fact, const told *other) {
    return fact->process_id == other->process_id && fact->system == other->system;
}

static bool make_lists(ek_images *images, const uint32_t *order) {
    for (size_t from = 0, to; from < images->fact_count; from = to) {
        const told *first = &images->facts[order[from]];
        making m = {images, order, from, 0};
        for (to = from; to < images->fact_count && is_of(&images->facts[order[to]], first); to++)
            m.begins += images->facts[order[to]].kind == EK_IMAGE_PROCESS;
        if (from + m.begins < to && !make_list(&m, from + m.begins, to))
            return false;
    }
    return true;
}

bool ek_images_sort(ek_images *images) {
    if (images->sorted == images->fact_count)
        return true;
    uint32_t *order = ek_resize(&images->allocator, NULL, images->fact_count, sizeof *order);
    if (!order)
        return false;
    for (size_t i = 0; i < images->fact_count; i++)
        order[i] = (uint32_t)i;
    ek_sort_indexes(order, images->fact_count, comes_before, images->facts);
    images->count = images->list_count = 0;
    bool made = make_lists(images, order);
    images->sorted = images->fact_count;
    ek_release(&images->allocator, order);
    return made;
}

const ek_image_list *ek_images_list(const ek_images *images, int64_t boot_time, uint32_t process_id) {
    size_t system = find_system(images, boot_time), from = 0, to = images->list_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const ek_image_list *at = &images->lists[middle];
        if (at->system != system ? at->system < system : at->process_id < process_id)
            from = middle + 1;
        else
            to = middle;
    }
    const ek_image_list *found = from < images->list_count ? &images->lists[from] : NULL;
    return found && found->system == system && found->process_id == process_id ? found : NULL;
}

const char *ek_images_find(const ek_images *images, const ek_image_list *list, uint64_t address, int64_t time,
                           uint64_t *offset) {
    if (!list)
        return NULL;
    const image *first = images->images + list->first;
    size_t from = 0, to = list->count; /* how many begin at the address or before it */
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (first[middle].base <= address)
            from = middle + 1;
        else
            to = middle;
    }
    for (unsigned steps = 0; from && first[from - 1].reach > address && steps < STEPS; steps++) {
        const image *at = &first[--from];
        if (address < at->end && at->from <= time && time < at->to) {
            *offset = address - at->base;
            return at->name;
        }
    }
    return NULL;
}
