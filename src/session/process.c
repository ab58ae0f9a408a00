/* SPDX-License-Identifier: MIT */
/* The one place where the library keeps something for the process as a whole: providers and sessions must find each
 * other without being handed around (docs/decisions/0009). */
#include "session/process.h"

#include "base/error.h"
#include "base/machine.h"
#include "session/etw_provider.h"
#include "session/thread_state.h"

static struct {
    ek_lock first_lock; /* taken before the other one */
    bool was_first;
    ek_lock lock;
    ek_condition call_ended; /* a callback returned */
    bool watches_forks;
    ek_registration *registrations; /* all that ever were */
    ek_member *known;               /* sessions, the newest first */
    ek_member *members[EK_SESSIONS];
    ek_ring *made;               /* all rings, the newest first */
    ek_ring *rings[EK_SESSIONS]; /* that are free */
    size_t ring_count;
    uint32_t serial;
} process = {.first_lock = EK_LOCK_INIT, .lock = EK_LOCK_INIT, .call_ended = EK_CONDITION_INIT};

/* Forks: the child has none of the sessions' threads, so it leaves the sessions. */

static void before_fork(void) {
    ek_lock_take(&process.first_lock);
    ek_lock_take(&process.lock);
    for (ek_member *it = process.known; it; it = it->older)
        ek_lock_take(it->lock);
}

static void after_fork(void) {
    for (ek_member *it = process.known; it; it = it->older)
        ek_lock_leave(it->lock);
    ek_lock_leave(&process.lock);
    ek_lock_leave(&process.first_lock);
}

static void leave_registration(ek_registration *registration) {
    ek_store(&registration->sessions, 0);
    registration->calls = 0;
    if (registration->provider)
        __atomic_store_n(&registration->provider->level_above, 0, __ATOMIC_RELAXED);
    if (registration->leaves)
        registration->provider = NULL; /* who unregisters it is not here */
    registration->leaves = false;
}

static void in_child(void) {
    ek_thread_state_forked();
    ek_condition_init(&process.call_ended);
    for (ek_registration *it = process.registrations; it; it = it->next)
        leave_registration(it);
    for (size_t i = 0; i < EK_SESSIONS; i++)
        process.members[i] = NULL;
    for (ek_member *it = process.known; it; it = it->older) {
        ek_span span;
        for (uint32_t lane = 0; it->ring && lane < it->ring->lane_count; lane++)
            ek_ring_close(it->ring, lane, &span);
        it->tells = false;
        for (size_t i = 0; i < it->wish_count; i++)
            it->wishes[i].is_told = false;
        ek_lock_leave(it->lock);
        it->forked(it);
    }
    ek_lock_leave(&process.lock);
    ek_lock_leave(&process.first_lock);
}

static bool watch_forks(void) {
    if (!process.watches_forks)
        process.watches_forks = ek_machine_on_fork(before_fork, after_fork, in_child);
    return process.watches_forks;
}

bool ek_process_know(ek_member *member) {
    ek_lock_take(&process.lock);
    bool watched = watch_forks();
    if (watched) {
        member->older = process.known;
        if (process.known)
            process.known->newer = member;
        process.known = member;
    }
    ek_lock_leave(&process.lock);
    return watched;
}

void ek_process_forget(ek_member *member) {
    ek_lock_take(&process.lock);
    if (member->older)
        member->older->newer = member->newer;
    if (member->newer)
        member->newer->older = member->older;
    else if (process.known == member)
        process.known = member->older;
    ek_lock_leave(&process.lock);
}

/* Wishes and slots. */

/* The one that names the provider; of NULL, the one for every provider. */
static ek_wish *find_wish(ek_member *member, const etwkit_guid *provider) {
    for (size_t i = 0; i < member->wish_count; i++) {
        ek_wish *wish = &member->wishes[i];
        if (provider ? !wish->every && ek_guid_equal(&wish->provider, provider) : wish->every)
            return wish;
    }
    return NULL;
}

/* The one that counts for a provider. */
static const ek_wish *wish_for(ek_member *member, const etwkit_guid *provider) {
    const ek_wish *wish = find_wish(member, provider);
    return wish ? wish : find_wish(member, NULL);
}

/* What providers are told that a session wants of one; NULL: nothing. */
static const ek_wish *wanted_of(ek_member *member, const etwkit_guid *provider) {
    const ek_wish *wish = wish_for(member, provider);
    return wish && wish->is_told ? wish : NULL;
}

/* How many sessions want a provider, registered or not; of NULL, one that none of them names. */
static unsigned count_wishes(const etwkit_guid *provider) {
    static const etwkit_guid unknown;
    unsigned count = 0;
    for (size_t i = 0; i < EK_SESSIONS; i++)
        count += process.members[i] && !process.members[i]->is_deaf &&
                 wish_for(process.members[i], provider ? provider : &unknown);
    return count;
}

/* Could one more session with this wish leave a provider without a free slot? */
static bool is_one_too_many(const ek_wish *wish) {
    if (!wish->every)
        return count_wishes(&wish->provider) >= ETWKIT_PROVIDER_SESSIONS;
    bool full = count_wishes(NULL) >= ETWKIT_PROVIDER_SESSIONS;
    for (size_t i = 0; i < EK_SESSIONS && !full; i++) {
        const ek_member *member = process.members[i];
        for (size_t j = 0; member && j < member->wish_count && !full; j++)
            full = count_wishes(&member->wishes[j].provider) >= ETWKIT_PROVIDER_SESSIONS;
    }
    return full;
}

static void update_level(ek_registration *registration) {
    uint32_t above = 0, sessions = ek_load_relaxed(&registration->sessions);
    for (unsigned i = 0; i < EK_SLOTS; i++)
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

static void open_slot(ek_registration *registration, unsigned i, const ek_wish *wish) {
    ek_slot *slot = &registration->slots[i];
    ek_store(&slot->level, wish->level ? wish->level : UINT8_MAX);
    ek_store(&slot->ignore_keyword_0, wish->ignore_keyword_0);
    ek_store(&slot->any, wish->any ? wish->any : UINT64_MAX);
    ek_store(&slot->all, wish->all);
    atomic_fetch_or_explicit(&registration->sessions, 1u << i, memory_order_release);
    update_level(registration);
}

static void close_slot(ek_registration *registration, unsigned i) {
    atomic_fetch_and_explicit(&registration->sessions, ~(1u << i), memory_order_release);
    update_level(registration);
}

static void fill_slot(ek_registration *registration, const ek_member *member, const ek_wish *wish) {
    unsigned i = slot_for(registration, member);
    if (i == ETWKIT_PROVIDER_SESSIONS)
        return; /* cannot be: the wishes are counted */
    ek_store(&registration->slots[i].ring, member->ring);
    ek_store(&registration->slots[i].serial, member->serial);
    open_slot(registration, i, wish);
}

static void clear_slot(ek_registration *registration, const ek_member *member) {
    unsigned i = slot_for(registration, member);
    if (i != ETWKIT_PROVIDER_SESSIONS && ek_load_relaxed(&registration->sessions) >> i & 1)
        close_slot(registration, i);
}

static void set_slot(ek_registration *registration, ek_member *member) {
    const ek_wish *wish = wanted_of(member, &registration->id);
    if (wish)
        fill_slot(registration, member, wish);
    else
        clear_slot(registration, member);
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

static bool is_of(const ek_registration *registration, const ek_wish *wish) {
    return registration->provider && !registration->leaves &&
           (wish->every || ek_guid_equal(&registration->id, &wish->provider));
}

/* Each provider that a wish is for: first their slots, then their callbacks. Meanwhile providers may come, which are
 * told by themselves, and the session may have other wishes: then who changed them tells the rest. */
static void tell(ek_member *member, const ek_wish *wish, etwkit_control control) {
    const ek_wish said = *wish;
    for (ek_registration *it = process.registrations; it; it = it->next)
        if (is_of(it, &said))
            set_slot(it, member);
    for (ek_registration *it = process.registrations; it; it = it->next) {
        if (!is_of(it, &said) || (said.every && find_wish(member, &it->id)))
            continue;
        const ek_wish *wanted = wanted_of(member, &it->id);
        bool falls_back = wanted && wanted->every && !said.every; /* its own is over */
        if (!falls_back && (control == ETWKIT_CONTROL_DISABLE) == (wanted != NULL))
            return;
        call_back(it, falls_back ? ETWKIT_CONTROL_ENABLE : control, wanted ? wanted : &said);
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

static etwkit_status too_many_sessions(const ek_wish *wish, etwkit_error *error) {
    char id[ETWKIT_GUID_TEXT];
    etwkit_guid_format(&wish->provider, id);
    return ek_fail(error, ETWKIT_E_LIMIT, "provider %s: %d sessions have it enabled already, which is the limit",
                   wish->every ? "of any name" : id, ETWKIT_PROVIDER_SESSIONS);
}

/* A ring that cannot be used again is still somebody's. */
static ek_ring *new_ring(void) {
    ek_ring *ring = ek_ring_new();
    if (ring) {
        ring->older = process.made;
        process.made = ring;
    }
    return ring;
}

static etwkit_status join(ek_member *member, etwkit_error *error) {
    size_t place;
    etwkit_status status = find_place(member, &place, error);
    if (status)
        return status;
    for (size_t i = 0; i < member->wish_count; i++)
        if (!member->is_deaf && is_one_too_many(&member->wishes[i]))
            return too_many_sessions(&member->wishes[i], error);
    member->ring = process.ring_count ? process.rings[--process.ring_count] : new_ring();
    if (!member->ring)
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

/* A wish that providers are still to be told of, or that it is over. The others may change while they are told. */
static ek_wish *next_to_tell(ek_member *member) {
    for (size_t i = 0; i < member->wish_count; i++)
        if (member->wishes[i].is_told != member->tells)
            return &member->wishes[i];
    return NULL;
}

static void tell_all(ek_member *member, bool tells) {
    member->tells = tells;
    for (ek_wish *wish; member->tells == tells && (wish = next_to_tell(member));) {
        wish->is_told = tells;
        tell(member, wish, tells ? ETWKIT_CONTROL_ENABLE : ETWKIT_CONTROL_DISABLE);
    }
}

void ek_process_enable_all(ek_member *member) {
    ek_lock_take(&process.lock);
    if (!member->is_over && !member->is_deaf)
        tell_all(member, true);
    ek_lock_leave(&process.lock);
}

void ek_process_disable_all(ek_member *member) {
    ek_lock_take(&process.lock);
    member->is_over = true;
    tell_all(member, false);
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

static etwkit_status enable(ek_member *member, const ek_wish *wish, etwkit_error *error) {
    const etwkit_guid *provider = wish->every ? NULL : &wish->provider;
    ek_wish *known = find_wish(member, provider);
    if (!known && member->wish_count == EK_WISHES)
        return ek_fail(error, ETWKIT_E_LIMIT, "session %s: it has enabled %d providers already, which is the limit",
                       member->name, EK_WISHES);
    bool is_wanted = provider && find_wish(member, NULL); /* already, by the other wish */
    if (!known && !is_wanted && member->ring && !member->is_deaf && is_one_too_many(wish))
        return too_many_sessions(wish, error);
    bool is_told = member->tells || (known && known->is_told);
    if (!known)
        known = &member->wishes[member->wish_count++];
    *known = *wish;
    known->is_told = is_told;
    if (member->tells)
        tell(member, known, ETWKIT_CONTROL_ENABLE);
    return ETWKIT_OK;
}

etwkit_status ek_process_enable(ek_member *member, const ek_wish *wish, etwkit_error *error) {
    ek_lock_take(&process.lock);
    etwkit_status status = enable(member, wish, error);
    ek_lock_leave(&process.lock);
    return status;
}

static etwkit_status not_enabled(const ek_member *member, const etwkit_guid *provider, etwkit_error *error) {
    char id[ETWKIT_GUID_TEXT] = "of any name";
    if (provider)
        etwkit_guid_format(provider, id);
    return ek_fail(error, ETWKIT_E_NOT_FOUND, "session %s: it has not enabled provider %s", member->name, id);
}

etwkit_status ek_process_disable(ek_member *member, const etwkit_guid *provider, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    ek_lock_take(&process.lock);
    ek_wish *wish = find_wish(member, provider);
    if (wish) {
        const ek_wish was = *wish;
        *wish = member->wishes[--member->wish_count];
        if (was.is_told)
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
    const ek_wish *wish = wish_for(member, provider);
    bool wants = wish && ek_is_enabled(wish, level, keywords);
    ek_lock_leave(&process.lock);
    return wants;
}

/* Providers. */

void ek_process_first(void (*run)(void)) {
    ek_lock_take(&process.lock);
    (void)watch_forks(); /* so that no child has the lock held for ever */
    ek_lock_leave(&process.lock);
    ek_lock_take(&process.first_lock);
    if (!process.was_first)
        run();
    process.was_first = true;
    ek_lock_leave(&process.first_lock);
}

/* One that was this provider's before, or a new one: a writer that is late for the one before must not find another
 * name in it. */
static ek_registration *find_registration(const etwkit_guid *id, const uint8_t *traits, uint32_t size) {
    for (ek_registration *it = process.registrations; it; it = it->next)
        if (!it->provider && it->calls == 0 && ek_guid_equal(&it->id, id) && it->traits_size == size &&
            memcmp(it->traits, traits, size) == 0)
            return it;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_registration *made = ek_new(&allocator, sizeof *made);
    if (made) {
        made->id = *id;
        made->traits_size = size;
        memcpy(made->traits, traits, size);
        made->next = process.registrations;
        process.registrations = made;
    }
    return made;
}

/* Sessions that enabled it before it was there. A callback may unregister it. */
static void tell_new(ek_registration *registration, const etwkit_provider *provider) {
    for (size_t i = 0; i < EK_SESSIONS; i++) {
        ek_member *member = process.members[i];
        if (registration->provider != provider || registration->leaves)
            return;
        const ek_wish *wish = member ? wanted_of(member, &registration->id) : NULL;
        if (!wish)
            continue;
        fill_slot(registration, member, wish);
        call_back(registration, ETWKIT_CONTROL_ENABLE, wish);
    }
}

/* What was heard while nobody could be told. */
static void tell_untold(ek_registration *registration) {
    registration->is_system_untold = false;
    if (!registration->is_wanted_by_system || registration->leaves)
        return;
    open_slot(registration, EK_SYSTEM_SLOT, &registration->system_wish);
    call_back(registration, ETWKIT_CONTROL_ENABLE, &registration->system_wish);
}

/* The system may call back before it has given the handle, without which nothing can be written: then the provider's
 * callback waits for it. Meanwhile this counts as one of the calls, so that nobody takes the registration away. */
static void join_system(ek_registration *registration) {
    if (!EK_SERVES_ETW)
        return;
    registration->is_system_untold = true;
    if (!ek_load_relaxed(&registration->system_handle)) {
        registration->calls++;
        ek_lock_leave(&process.lock);
        uint64_t handle = ek_etw_register(registration);
        ek_lock_take(&process.lock);
        ek_store(&registration->system_handle, handle);
        registration->calls--;
        ek_condition_wake_all(&process.call_ended);
    }
    tell_untold(registration);
}

/* Not within the system's own callback, which must end first: then the registration keeps its handle, for the next
 * provider that it is for, or until the library is unloaded. */
static void leave_system(ek_registration *registration) {
    if (!EK_SERVES_ETW || ek_thread_state_here()->heard_by == registration)
        return;
    uint64_t handle = ek_swap(&registration->system_handle, 0);
    ek_lock_leave(&process.lock);
    ek_etw_unregister(handle);
    ek_lock_take(&process.lock);
    registration->is_wanted_by_system = false;
}

void ek_process_tell_of_system(ek_registration *registration, etwkit_control control, const ek_wish *wish) {
    ek_thread_state *here = ek_thread_state_here();
    const void *outer = here->heard_by;
    ek_lock_take(&process.lock);
    if (control != ETWKIT_CONTROL_CAPTURE_STATE) {
        registration->is_wanted_by_system = control == ETWKIT_CONTROL_ENABLE;
        registration->system_wish = *wish;
    }
    if (registration->provider && !registration->leaves && !registration->is_system_untold) {
        if (control == ETWKIT_CONTROL_ENABLE)
            open_slot(registration, EK_SYSTEM_SLOT, wish);
        else if (control == ETWKIT_CONTROL_DISABLE)
            close_slot(registration, EK_SYSTEM_SLOT);
        here->heard_by = registration;
        call_back(registration, control, wish);
        here->heard_by = outer;
    }
    ek_lock_leave(&process.lock);
}

void ek_process_unload(void) {
    for (ek_registration *it = process.registrations; it; it = it->next)
        ek_etw_unregister(ek_swap(&it->system_handle, 0));
}

bool ek_process_add_provider(etwkit_provider *provider, const etwkit_guid *id, const uint8_t *traits, uint32_t size) {
    ek_lock_take(&process.lock);
    ek_registration *registration = watch_forks() ? find_registration(id, traits, size) : NULL;
    if (registration) {
        registration->provider = provider;
        __atomic_store_n(&provider->registration, registration, __ATOMIC_RELEASE);
        tell_new(registration, provider);
        if (registration->provider == provider && !registration->leaves)
            join_system(registration);
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
        registration->leaves = true;
        while (registration->calls > own)
            ek_condition_wait(&process.call_ended, &process.lock);
        leave_system(registration);
        registration->provider = NULL;
        registration->leaves = false;
    }
    ek_lock_leave(&process.lock);
}
