/* SPDX-License-Identifier: MIT */
/* What the machine and the process are asked for: clocks, processors, ids. machine_posix.c, machine_windows.c. */
#ifndef EK_BASE_MACHINE_H
#define EK_BASE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A clock that never goes back, the same one on all processors; what no signal handler may not call. */
int64_t ek_ticks_now(void);
/* Its ticks a second. */
uint64_t ek_ticks_frequency(void);
/* The time of day, and when the system was started. FILETIMEs. */
int64_t ek_filetime_now(void);
int64_t ek_filetime_of_boot(void);
/* Minutes: UTC = local + bias. */
int32_t ek_time_zone_bias(void);

/* How many processors there may ever be, at least 1. */
uint32_t ek_processor_count(void);
/* The one that the calling thread is on, by the time it is told perhaps was. Where the system does not say: a number
 * that stays the same for the thread. Not below ek_processor_count() in every case. */
uint32_t ek_processor_now(void);

/* Its speed in MHz, about; where the system does not say, that of the ticks. Never 0. Slow: asks the system. */
uint32_t ek_processor_mhz(void);

uint32_t ek_process_id(void);
uint32_t ek_thread_id(void); /* a system call */

/* Has the functions called around each fork: before it and after it in the parent, and after it in the child. Once in a
 * process. Where processes are not forked nothing happens. false: memory ran out. */
bool ek_machine_on_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));

/* Has the function called when the process ends by exit() or a return from main(). */
void ek_machine_at_exit(void (*run)(void));
/* Are all other threads gone, wherever they were? So it is on Windows while a process ends in its DLLs; elsewhere
 * never. */
bool ek_machine_is_alone(void);
/* A line to standard error, for what there is nobody else to tell. */
void ek_machine_complain(const char *line);

/* Random bytes, good enough to be unique; not for security. */
void ek_random(void *bytes, size_t size);

#endif
