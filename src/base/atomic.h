/* SPDX-License-Identifier: MIT */
/* Atomic words under the few orders that the library uses. The model test puts its own step in front of each. */
#ifndef EK_BASE_ATOMIC_H
#define EK_BASE_ATOMIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef _Atomic uint8_t ek_atomic8;
typedef _Atomic uint32_t ek_atomic32;
typedef _Atomic uint64_t ek_atomic64;

/* tests/model defines it: here another thread may come in between. */
#if defined(EK_MODEL)
void ek_model_step(const volatile void *word, bool writes);
#define EK_STEP(word, writes) ek_model_step((word), (writes))
#else
#define EK_STEP(word, writes) ((void)0)
#endif

/* Acquire: what was written before the value was stored is seen after it was loaded. */
#define ek_load(word) (EK_STEP((word), false), atomic_load_explicit((word), memory_order_acquire))
#define ek_load_relaxed(word) (EK_STEP((word), false), atomic_load_explicit((word), memory_order_relaxed))
/* Release: what was written before is seen by who loads the value. */
#define ek_store(word, value) (EK_STEP((word), true), atomic_store_explicit((word), (value), memory_order_release))
#define ek_store_relaxed(word, value) \
    (EK_STEP((word), true), atomic_store_explicit((word), (value), memory_order_relaxed))
#define ek_swap(word, value) (EK_STEP((word), true), atomic_exchange_explicit((word), (value), memory_order_acq_rel))
/* Counts: nothing else follows from their values. */
#define ek_add(word, value) (EK_STEP((word), true), atomic_fetch_add_explicit((word), (value), memory_order_relaxed))

/* true: *word was *expected and is `wanted` now. false: *expected is what it was; this may happen without a reason. */
#define ek_replace(word, expected, wanted) \
    (EK_STEP((word), true),                \
     atomic_compare_exchange_weak_explicit((word), (expected), (wanted), memory_order_acq_rel, memory_order_acquire))

#endif
