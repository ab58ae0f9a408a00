/* SPDX-License-Identifier: MIT */
/* What a process has once: its registered providers and its running sessions, and which of these wants what. */
#ifndef EK_SESSION_PROCESS_H
#define EK_SESSION_PROCESS_H

#include "base/guid.h"
#include "base/thread.h"
#include "session/ring.h"

#include <etwkit/provider.h>

enum {
    EK_SESSIONS = 64,
    EK_WISHES = 1024, /* providers that one session may enable */
    EK_PROVIDER_NAME = 1024,
    /* An extended item with the name, the group and what stands around them, padded. */
    EK_TRAITS_ITEM = EK_PROVIDER_NAME + 48,
    /* Behind the slots of the process's sessions: one for all sessions of the system together (etw_provider.h). */
    EK_SYSTEM_SLOT = ETWKIT_PROVIDER_SESSIONS,
    EK_SLOTS
};

/* What one session wants of a registered provider, as writers read it: each word by itself, so that for a moment after
 * a change an event may be judged by old and new together. */
typedef struct ek_slot {
    ek_ring *_Atomic ring; /* NULL: the system's */
    ek_atomic32 serial;    /* of the session's use of the ring */
    ek_atomic32 level;     /* highest wanted; 255 for all */
    ek_atomic32 ignore_keyword_0;
    ek_atomic64 any, all; /* any: all ones for 0 */
} ek_slot;

typedef struct ek_wish {
    etwkit_guid provider;
    bool every; /* all providers that the session has no other wish for; `provider` is zero */
    uint8_t level;
    bool ignore_keyword_0;
    uint64_t any, all;
    bool is_told; /* of process.c: providers know of it */
} ek_wish;

/* A registered provider. Never freed, only used again for the same provider, since a writer may look at it at any time.
 */
typedef struct ek_registration {
    ek_atomic32 sessions; /* a bit for each slot that is in use */
    ek_slot slots[EK_SLOTS];
    ek_atomic64 system_handle; /* by which the system knows it; 0: it does not */
    etwkit_guid id;
    uint32_t traits_size;
    uint8_t traits[EK_TRAITS_ITEM]; /* as an extended item */
    /* Under the lock. */
    etwkit_provider *provider; /* NULL: not in use */
    struct ek_registration *next;
    uint32_t calls;                             /* callbacks that are running */
    bool leaves;                                /* no callback begins any more */
    bool is_wanted_by_system, is_system_untold; /* untold: the callback does not know yet */
    ek_wish system_wish;                        /* of all its sessions; once there was one */
} ek_registration;

/* When an event is enabled (CONTRACT.md). level 0: of every level; any 0: any keywords. */
static inline bool ek_is_enabled(const ek_wish *wish, uint8_t level, uint64_t keywords) {
    if (wish->level != 0 && level > wish->level)
        return false;
    if (keywords == 0)
        return !wish->ignore_keyword_0;
    return (wish->any == 0 || (keywords & wish->any) != 0) && (keywords & wish->all) == wish->all;
}

/* A session as the process knows it. Members are the process's; the session sets `name`, `lock`, `forked` and
 * `is_deaf`. */
typedef struct ek_member {
    const char *name;
    ek_lock *lock;                            /* held around forks */
    void (*forked)(struct ek_member *member); /* in the child, which the session's thread is not in */
    struct ek_member *newer, *older;          /* all that are known */
    ek_ring *ring;                            /* NULL: it is no member now */
    uint32_t serial;
    bool is_deaf; /* providers are not told of it: its events come from elsewhere */
    bool tells;   /* what it wishes is told to providers */
    bool is_over; /* and never will be again */
    size_t wish_count;
    ek_wish wishes[EK_WISHES];
} ek_member;

/* From here to the other, forks look after the session, whether it runs or not. false: memory ran out. */
bool ek_process_know(ek_member *member);
void ek_process_forget(ek_member *member);

/* Makes a session known by its name, and gives it a ring. ETWKIT_E_EXISTS, _LIMIT, _NO_MEMORY. */
etwkit_status ek_process_join(ek_member *member, etwkit_error *error);
/* Tells all providers that it enabled, with their callbacks, and from now on those that it enables. */
void ek_process_enable_all(ek_member *member);
/* Takes back what it wanted, with the callbacks. Writers may still be on their way to the ring: close it then. */
void ek_process_disable_all(ek_member *member);
/* Its name is free again, and its ring, where that may be used again (else it stays as it is for ever). */
void ek_process_leave(ek_member *member, bool ring_is_free);

/* Adds or changes a wish; where providers are told, with the callbacks. */
etwkit_status ek_process_enable(ek_member *member, const ek_wish *wish, etwkit_error *error);
/* `provider` NULL: the wish for every one. */
etwkit_status ek_process_disable(ek_member *member, const etwkit_guid *provider, etwkit_error *error);
etwkit_status ek_process_capture_state(ek_member *member, const etwkit_guid *provider, etwkit_error *error);

/* Does a member want such an event? */
bool ek_process_wants(ek_member *member, const etwkit_guid *provider, uint8_t level, uint64_t keywords);

/* Runs it with the first call in the process; others wait until it has returned. It registers no provider. */
void ek_process_first(void (*run)(void));
/* `traits`: the extended item. false: memory ran out. */
bool ek_process_add_provider(etwkit_provider *provider, const etwkit_guid *id, const uint8_t *traits, uint32_t size);
/* Waits for its callbacks on other threads. */
void ek_process_remove_provider(etwkit_provider *provider);

/* By the system's callback: what its sessions want of a provider, all together. The provider's own callback is told. */
void ek_process_tell_of_system(ek_registration *registration, etwkit_control control, const ek_wish *wish);
/* When the library is unloaded: the system calls nothing of it any more. Takes no lock: a thread that had it may have
 * been ended with the process. */
void ek_process_unload(void);

#endif
