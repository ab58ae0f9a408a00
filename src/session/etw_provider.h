/* SPDX-License-Identifier: MIT */
/* Providers of the process as Windows' own sessions have them. etw_provider_windows.c; elsewhere there are no such
 * sessions, and none of this is ever called: etw_provider_posix.c. */
#ifndef EK_SESSION_ETW_PROVIDER_H
#define EK_SESSION_ETW_PROVIDER_H

#include "session/process.h"

/* A constant, so that writing costs nothing where there is no ETW. */
#if defined(_WIN32)
#define EK_SERVES_ETW 1
#else
#define EK_SERVES_ETW 0
#endif

/* Makes a provider known to the system, with its traits. The handle; 0 where the system refuses, which no program need
 * care about: its own sessions have the events. Without the process's lock: the system may call back meanwhile. */
uint64_t ek_etw_register(ek_registration *registration);
/* Waits for the system's callbacks; without the lock. Nothing for 0. */
void ek_etw_unregister(uint64_t handle);
/* ETWKIT_E_TOO_BIG, _FULL as of etwkit_provider_write(); _INVALID: the system takes no such event. */
etwkit_status ek_etw_write(const ek_registration *registration, const etwkit_event *event, const etwkit_data *data,
                           size_t count);

#endif
