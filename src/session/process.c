/* SPDX-License-Identifier: MIT */
/* The one place where the library keeps something for the process as a whole: providers and sessions must find each
 * other without being handed around (docs/decisions/0009). */
#include "session/process.h"

#include "base/error.h"
#include "base/machine.h"
#include "session/thread_state.h"

static struct {
    ek_lock lock;
    ek_condition call_ended; /* a callback returned */
    bool watches_forks;
    ek_registration *registrations; /* all that ever were */
    ek_member *members[EK_SESSIONS];
    ek_ring *rings[EK_SESSIONS]; /* that are free */
    size_t ring_count;
    uint32_t serial;
    uint64_t round; /* of callbacks */
} process = {.lock = EK_LOCK_INIT, .call_ended = EK_CONDITION_INIT};

/* Forks: the child has none of the sessions' threads, so it leaves the sessions. */

static void before_fork(void) {
    ek_lock_take(&process.lock);
    for (size_t i = 0; i < EK_SESSIONS; i++)
        if (process.members[i])
            ek_lock_take(process.members[i]->lock);
}

static void after_fork(void) {
    for (size_t i = 0; i < EK_SESSIONS; i++)
        if (process.members[i])
            ek_lock_leave(process.members[i]->lock);
    ek_lock_leave(&process.lock);
}

static void in_child(void) {
    ek_thread_state_forked();
    for (ek_registration *it = process.registrations; it; it = it->next) {
        ek_store(&it->sessions, 0);
        it->calls = 0;
        if (it->provider)
            __atomic_store_n(&it->provider->level_above, 0, __ATOMIC_RELAXED);
    }
    for (size_t i = 0; i < EK_SESSIONS; i++) {
        ek_member *member = process.members[i];
        if (!member)
            continue;
        ek_span span;
        for (uint32_t lane = 0; lane < member->ring->lane_count; lane++)
            ek_ring_close(member->ring, lane, &span);
        process.members[i] = NULL;
        ek_lock_leave(member->lock);
        member->forked(member);
    }
    ek_lock_leave(&process.lock);
}

static bool watch_forks(void) {
    if (!process.watches_forks)
        process.watches_forks = ek_machine_on_fork(before_fork, after_fork, in_child);
    return process.watches_forks;
}

/* Wishes and slots. */

static ek_wish *find_wish(ek_member *member, const etwkit_guid *provider) {
    for (size_t i = 0; i < member->wish_count; i++)
        if (ek_guid_equal(&member->wishes[i].provider, provider))
            return &member->wishes[i];
    return NULL;
}

/* How many sessions want a provider, registered or not. */
static unsigned count_wishes(const etwkit_guid *provider) {
    unsigned count = 0;
    for (size_t i = 0; i < EK_SESSIONS; i++)
        count += process.members[i] && !process.members[i]->is_deaf && find_wish(process.members[i], provider);
    return count;
}

static void update_level(ek_registration *registration) {
    uint32_t above = 0, sessions = ek_load_relaxed(&registration->sessions);
    for (unsigned i = 0; i < ETWKIT_PROVIDER_SESSIONS; i++)
        if (sessions >> i & 1) {
            uint32_t level = ek_load_relaxed(&registration->slots[i].level);
            above = level + 1 > above ? level + 1 : above;
        }
    __atomic_store_n(&registration->provider->level_above, above, __ATOMIC_RELEASE);
}

/* The slot of a session; or, where it has none, a free one; ETWKIT_PROVIDER_SESSIONS: there is none. */
static unsigned slot_for(ek_registration *registration, const ek_member *member) {
    uint32_t sessions = ek_load_relaxed(&registration->sessions);
    unsigned unused = ETWKIT_PROVIDER_SESSIONS;
    for (unsigned i = ETWKIT_PROVIDER_SESSIONS; i-- > 0;) {
        if ((sessions >> i & 1) == 0)
            unused = i;
        else if (ek_load_relaxed(&registration->slots[i].serial) == member->serial)
            return i;
    }
    return unused;
}

static void fill_slot(ek_registration *registration, const ek_member *member, const ek_wish *wish) {
    unsigned i = slot_for(registration, member);
    if (i == ETWKIT_PROVIDER_SESSIONS)
        return; /* cannot be: the wishes are counted */
    ek_slot *slot = &registration->slots[i];
    ek_store(&slot->ring, member->ring);
    ek_store(&slot->serial, member->serial);
    ek_store(&slot->level, wish->level ? wish->level : UINT8_MAX);
    ek_store(&slot->ignore_keyword_0, wish->ignore_keyword_0);
    ek_store(&slot->any, wish->any ? wish->any : UINT64_MAX);
    ek_store(&slot->all, wish->all);
    atomic_fetch_or_explicit(&registration->sessions, 1u << i, memory_order_release);
    update_level(registration);
}

static void clear_slot(ek_registration *registration, const ek_member *member) {
    uint32_t sessions = ek_load_relaxed(&registration->sessions);
    unsigned i = slot_for(registration, member);
    if (i == ETWKIT_PROVIDER_SESSIONS || (sessions >> i & 1) == 0)
        return;
    atomic_fetch_and_explicit(&registration->sessions, ~(1u << i), memory_order_release);
    update_level(registration);
}

/* Callbacks. */

/* Calls a provider back, with the lock given up meanwhile. */
static void call_back(ek_registration *registration, etwkit_control control, const ek_wish *wish) {
    etwkit_provider *provider = registration->provider;
    etwkit_enable_callback callback = provider->callback;
    if (!callback)
        return;
    const ek_wish said = *wish; /* it may be changed meanwhile */
    ek_thread_state *here = ek_thread_state_here();
    const void *outer = here->calling;
    registration->calls++;
    ek_lock_leave(&process.lock);
    here->calling = registration;
    callback(provider, control, said.level, said.any, said.all, provider->context);
    here->calling = outer;
    ek_lock_take(&process.lock);
    if (registration->calls > 0)
        registration->calls--;
    ek_condition_wake_all(&process.call_ended);
}

/* Every provider of a GUID that a wish is for: its slot first, then its callback. Providers may come and go meanwhile.
 */
static void tell(ek_member *member, const ek_wish *wish, etwkit_control control) {
    if (member->is_deaf)
        return;
    uint64_t round = ++process.round;
    ek_registration *it = process.registrations;
    const ek_wish said = *wish;
    while (it) {
        if (!it->provider || it->visited == round || !ek_guid_equal(&it->id, &said.provider)) {
            it = it->next;
            continue;
        }
        it->visited = round;
        if (control == ETWKIT_CONTROL_ENABLE)
            fill_slot(it, member, &said);
        else if (control == ETWKIT_CONTROL_DISABLE)
            clear_slot(it, member);
        call_back(it, control, &said);
        it = process.registrations; /* the list may be another now */
    }
}

/* Sessions. */

static etwkit_status find_place(const ek_member *member, size_t *place, etwkit_error *error) {
    *place = EK_SESSIONS;
    for (size_t i = EK_SESSIONS; i-- > 0;) {
        if (!process.members[i])
            *place = i;
        else if (strcmp(process.members[i]->name, member->name) == 0)
            return ek_fail(error, ETWKIT_E_EXISTS,
                           "session %s: one of that name runs in this process already; stop it, or choose another name",
                           member->name);
    }
    if (*place == EK_SESSIONS)
        return ek_fail(error, ETWKIT_E_LIMIT, "session %s: %d sessions run in this process already, which is the limit",
                       member->name, EK_SESSIONS);
    return ETWKIT_OK;
}

static etwkit_status too_many_sessions(const etwkit_guid *provider, etwkit_error *error) {
    char id[ETWKIT_GUID_TEXT];
    etwkit_guid_format(provider, id);
    return ek_fail(error, ETWKIT_E_LIMIT, "provider %s: %d sessions have it enabled already, which is the limit", id,
                   ETWKIT_PROVIDER_SESSIONS);
}

static etwkit_status join(ek_member *member, etwkit_error *error) {
    size_t place;
    etwkit_status status = find_place(member, &place, error);
    if (status)
        return status;
    for (size_t i = 0; i < member->wish_count; i++)
        if (count_wishes(&member->wishes[i].provider) >= ETWKIT_PROVIDER_SESSIONS)
            return too_many_sessions(&member->wishes[i].provider, error);
    member->ring = process.ring_count ? process.rings[--process.ring_count] : ek_ring_new();
    if (!member->ring || !watch_forks())
        return ek_fail_memory(error);
    member->serial = ++process.serial;
    process.members[place] = member;
    return ETWKIT_OK;
}

etwkit_status ek_process_join(ek_member *member, etwkit_error *error) {
    ek_lock_take(&process.lock);
    etwkit_status status = join(member, error);
    ek_lock_leave(&process.lock);
    return status;
}

void ek_process_enable_all(ek_member *member) {
    ek_lock_take(&process.lock);
    for (size_t i = 0; i < member->wish_count; i++)
        tell(member, &member->wishes[i], ETWKIT_CONTROL_ENABLE);
    ek_lock_leave(&process.lock);
}

void ek_process_disable_all(ek_member *member) {
    ek_lock_take(&process.lock);
    for (size_t i = 0; i < member->wish_count; i++)
        tell(member, &member->wishes[i], ETWKIT_CONTROL_DISABLE);
    ek_lock_leave(&process.lock);
}

void ek_process_leave(ek_member *member, bool ring_is_free) {
    ek_lock_take(&process.lock);
    for (size_t i = 0; i < EK_SESSIONS; i++)
        if (process.members[i] == member)
            process.members[i] = NULL;
    if (ring_is_free && member->ring && process.ring_count < EK_SESSIONS)
        process.rings[process.ring_count++] = member->ring;
    member->ring = NULL;
    ek_lock_leave(&process.lock);
}

static etwkit_status enable(ek_member *member, const ek_wish *wish, bool tells, etwkit_error *error) {
    ek_wish *known = find_wish(member, &wish->provider);
    if (!known && member->wish_count == EK_WISHES)
        return ek_fail(error, ETWKIT_E_LIMIT, "session %s: it has enabled %d providers already, which is the limit",
                       member->name, EK_WISHES);
    if (!known && member->ring && count_wishes(&wish->provider) >= ETWKIT_PROVIDER_SESSIONS)
        return too_many_sessions(&wish->provider, error);
    if (!known)
        known = &member->wishes[member->wish_count++];
    *known = *wish;
    if (tells)
        tell(member, wish, ETWKIT_CONTROL_ENABLE);
    return ETWKIT_OK;
}

etwkit_status ek_process_enable(ek_member *member, const ek_wish *wish, bool tells, etwkit_error *error) {
    ek_lock_take(&process.lock);
    etwkit_status status = enable(member, wish, tells, error);
    ek_lock_leave(&process.lock);
    return status;
}

static etwkit_status not_enabled(const ek_member *member, const etwkit_guid *provider, etwkit_error *error) {
    char id[ETWKIT_GUID_TEXT];
    etwkit_guid_format(provider, id);
    return ek_fail(error, ETWKIT_E_NOT_FOUND, "session %s: it has not enabled provider %s", member->name, id);
}

etwkit_status ek_process_disable(ek_member *member, const etwkit_guid *provider, bool tells, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    ek_lock_take(&process.lock);
    ek_wish *wish = find_wish(member, provider);
    if (wish) {
        const ek_wish was = *wish;
        *wish = member->wishes[--member->wish_count];
        if (tells)
            tell(member, &was, ETWKIT_CONTROL_DISABLE);
    } else {
        status = not_enabled(member, provider, error);
    }
    ek_lock_leave(&process.lock);
    return status;
}

etwkit_status ek_process_capture_state(ek_member *member, const etwkit_guid *provider, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    ek_lock_take(&process.lock);
    const ek_wish *wish = find_wish(member, provider);
    if (wish)
        tell(member, wish, ETWKIT_CONTROL_CAPTURE_STATE);
    else
        status = not_enabled(member, provider, error);
    ek_lock_leave(&process.lock);
    return status;
}

bool ek_process_wants(ek_member *member, const etwkit_guid *provider, uint8_t level, uint64_t keywords) {
    ek_lock_take(&process.lock);
    const ek_wish *wish = find_wish(member, provider);
    bool wants = wish && (wish->level == 0 || level <= wish->level);
    if (wants && keywords == 0)
        wants = !wish->ignore_keyword_0;
    else if (wants)
        wants = (wish->any == 0 || (keywords & wish->any) != 0) && (keywords & wish->all) == wish->all;
    ek_lock_leave(&process.lock);
    return wants;
}

/* Providers. */

static ek_registration *unused_registration(void) {
    for (ek_registration *it = process.registrations; it; it = it->next)
        if (!it->provider && it->calls == 0)
            return it;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_registration *made = ek_new(&allocator, sizeof *made);
    if (made) {
        made->next = process.registrations;
        process.registrations = made;
    }
    return made;
}

/* Sessions that enabled it before it was there. */
static void tell_new(ek_registration *registration) {
    for (size_t i = 0; i < EK_SESSIONS; i++) {
        ek_member *member = process.members[i];
        const ek_wish *wish = member && !member->is_deaf ? find_wish(member, &registration->id) : NULL;
        if (!wish)
            continue;
        fill_slot(registration, member, wish);
        call_back(registration, ETWKIT_CONTROL_ENABLE, wish);
    }
}

bool ek_process_add_provider(etwkit_provider *provider, const etwkit_guid *id, const uint8_t *traits, uint32_t size) {
    ek_lock_take(&process.lock);
    ek_registration *registration = watch_forks() ? unused_registration() : NULL;
    if (registration) {
        registration->provider = provider;
        registration->id = *id;
        registration->traits_size = size;
        memcpy(registration->traits, traits, size);
        registration->calls++; /* it must stay while it is being told */
        __atomic_store_n(&provider->registration, registration, __ATOMIC_RELEASE);
        tell_new(registration);
        registration->calls--;
        ek_condition_wake_all(&process.call_ended);
    }
    ek_lock_leave(&process.lock);
    return registration != NULL;
}

void ek_process_remove_provider(etwkit_provider *provider) {
    ek_lock_take(&process.lock);
    ek_registration *registration = provider->registration;
    if (registration) {
        const uint32_t own = ek_thread_state_here()->calling == registration;
        __atomic_store_n(&provider->registration, NULL, __ATOMIC_RELEASE);
        __atomic_store_n(&provider->level_above, 0, __ATOMIC_RELEASE);
        ek_store(&registration->sessions, 0);
        while (registration->calls > own)
            ek_condition_wait(&process.call_ended, &process.lock);
        registration->provider = NULL;
    }
    ek_lock_leave(&process.lock);
}
