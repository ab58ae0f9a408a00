/* SPDX-License-Identifier: MIT */
/* Which module lay at an address of a process at a time, as the trace's image events tell it. */
#ifndef EK_TRACE_IMAGES_H
#define EK_TRACE_IMAGES_H

#include "base/memory.h"

#include <etwkit/record.h>

#define EK_IMAGES_MOST ((size_t)524288)              /* events about images that are taken in */
#define EK_IMAGES_MEMORY ((size_t)16 << 20)          /* bytes of their names */
#define EK_IMAGES_ADDRESS_KERNEL (UINT64_C(1) << 63) /* from here on addresses are the kernel's, in any process */

typedef struct ek_images ek_images;
typedef struct ek_image_list ek_image_list; /* the modules of one process id */

typedef enum ek_image_fact_kind {
    EK_IMAGE_PROCESS, /* a process begins: what had its id before is over */
    EK_IMAGE_LOAD,
    EK_IMAGE_UNLOAD,
    EK_IMAGE_THERE /* a rundown found it */
} ek_image_fact_kind;

typedef struct ek_image_fact {
    ek_image_fact_kind kind;
    uint32_t process_id;
    uint64_t base, size;
    int64_t time;      /* FILETIME */
    int64_t boot_time; /* of its system */
    const uint8_t *path;
    size_t path_size; /* UTF-16, without the NUL */
} ek_image_fact;

/* Can an event of this provider and id tell something of images? */
bool ek_image_may_be_fact(const etwkit_guid *provider, uint16_t event_id);
/* What it tells; boot_time is the caller's. false: nothing. The path borrows from the record. */
bool ek_image_fact_read(ek_image_fact *fact, const etwkit_record *record);

/* NULL: memory ran out. */
ek_images *ek_images_new(const etwkit_allocator *allocator);
void ek_images_free(ek_images **images);
/* In any order. ETWKIT_E_LIMIT: no room, ETWKIT_E_NO_MEMORY. */
etwkit_status ek_images_add(ek_images *images, const ek_image_fact *fact);
/* Makes what was added findable; lists that were found before are invalid. false: memory ran out. */
bool ek_images_sort(ek_images *images);

/* NULL: nothing is known of it. */
const ek_image_list *ek_images_list(const ek_images *images, int64_t boot_time, uint32_t process_id);
/* The name of the module without its folders, and how far from its begin the address lies. NULL: none is known. */
const char *ek_images_find(const ek_images *images, const ek_image_list *list, uint64_t address, int64_t time,
                           uint64_t *offset);

#endif
