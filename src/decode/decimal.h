/* SPDX-License-Identifier: MIT */
/* Floating-point numbers as printf's %f, %e and %g write them: exact, whatever the locale. */
#ifndef EK_DECODE_DECIMAL_H
#define EK_DECODE_DECIMAL_H

#include "base/memory.h"

#define EK_DECIMAL_PRECISION 1100 /* digits behind the point at most: no double has more */

/* Appends the absolute value of a finite number. `conversion` is one of f, e, g, F, E, G; `alternate`: the flag '#',
 * which keeps the point and the zeros. */
void ek_decimal_append(ek_buf *out, double value, char conversion, unsigned precision, bool alternate);

#endif
