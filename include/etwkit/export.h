/* SPDX-License-Identifier: MIT */
/* Marks the functions that the library exports; nothing else leaves it. */
#ifndef ETWKIT_EXPORT_H
#define ETWKIT_EXPORT_H

#if defined(ETWKIT_STATIC)
#define ETWKIT_API
#elif defined(_WIN32) && defined(ETWKIT_BUILDING)
#define ETWKIT_API __declspec(dllexport)
#elif defined(_WIN32)
#define ETWKIT_API __declspec(dllimport)
#elif defined(__GNUC__)
#define ETWKIT_API __attribute__((visibility("default")))
#else
#define ETWKIT_API
#endif

#endif
