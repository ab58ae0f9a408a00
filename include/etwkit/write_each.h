/* SPDX-License-Identifier: MIT */
/* What write.h and write_fields.h are made of: macros over lists of fields. Nothing here is for users. */
#ifndef ETWKIT_WRITE_EACH_H
#define ETWKIT_WRITE_EACH_H

/*
 * Each field and setting is a tuple (metadata, setting, data): a string literal; a statement, or nothing; etwkit_data,
 * each with a comma behind it, or nothing. So an event's metadata is one literal. Arguments are expanded before the
 * macro that they are given to: so a struct may be a field of a struct without any recursion.
 */
#define EK_WRITE_TEXT(metadata, setting, ...) metadata
/* A setting is no member of a struct: here it does not compile. */
#define EK_WRITE_MEMBER_TEXT(metadata, setting, ...) metadata setting
#define EK_WRITE_SETTING(metadata, setting, ...) setting
#define EK_WRITE_DATA(metadata, setting, ...) __VA_ARGS__
#define EK_WRITE_FIRST(first, ...) first

/* m applied to each argument but the first, which is there so that a list is never empty. */
#define EK_WRITE_EACH(m, ...) EK_WRITE_JOIN(EK_WRITE_EACH_, EK_WRITE_COUNT(__VA_ARGS__))(m, __VA_ARGS__)
#define EK_WRITE_JOIN(a, b) EK_WRITE_JOIN_(a, b)
#define EK_WRITE_JOIN_(a, b) a##b
/* clang-format off */
/* How many they are, as a number and as a literal of one byte. */
#define EK_WRITE_COUNT(...) EK_WRITE_PICK(__VA_ARGS__, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, ~)
#define EK_WRITE_COUNT_TEXT(...) EK_WRITE_PICK(__VA_ARGS__, "\x20", "\x1f", "\x1e", "\x1d", "\x1c", "\x1b", "\x1a", "\x19", "\x18", "\x17", "\x16", "\x15", "\x14", "\x13", "\x12", "\x11", "\x10", "\x0f", "\x0e", "\x0d", "\x0c", "\x0b", "\x0a", "\x09", "\x08", "\x07", "\x06", "\x05", "\x04", "\x03", "\x02", "\x01", EK_WRITE_A_STRUCT_HAS_MEMBERS, ~)
#define EK_WRITE_PICK(skipped, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, picked, ...) picked
#define EK_WRITE_EACH_0(m, skipped)
#define EK_WRITE_EACH_1(m, skipped, a) m a
#define EK_WRITE_EACH_2(m, skipped, a, ...) m a EK_WRITE_EACH_1(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_3(m, skipped, a, ...) m a EK_WRITE_EACH_2(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_4(m, skipped, a, ...) m a EK_WRITE_EACH_3(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_5(m, skipped, a, ...) m a EK_WRITE_EACH_4(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_6(m, skipped, a, ...) m a EK_WRITE_EACH_5(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_7(m, skipped, a, ...) m a EK_WRITE_EACH_6(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_8(m, skipped, a, ...) m a EK_WRITE_EACH_7(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_9(m, skipped, a, ...) m a EK_WRITE_EACH_8(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_10(m, skipped, a, ...) m a EK_WRITE_EACH_9(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_11(m, skipped, a, ...) m a EK_WRITE_EACH_10(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_12(m, skipped, a, ...) m a EK_WRITE_EACH_11(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_13(m, skipped, a, ...) m a EK_WRITE_EACH_12(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_14(m, skipped, a, ...) m a EK_WRITE_EACH_13(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_15(m, skipped, a, ...) m a EK_WRITE_EACH_14(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_16(m, skipped, a, ...) m a EK_WRITE_EACH_15(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_17(m, skipped, a, ...) m a EK_WRITE_EACH_16(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_18(m, skipped, a, ...) m a EK_WRITE_EACH_17(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_19(m, skipped, a, ...) m a EK_WRITE_EACH_18(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_20(m, skipped, a, ...) m a EK_WRITE_EACH_19(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_21(m, skipped, a, ...) m a EK_WRITE_EACH_20(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_22(m, skipped, a, ...) m a EK_WRITE_EACH_21(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_23(m, skipped, a, ...) m a EK_WRITE_EACH_22(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_24(m, skipped, a, ...) m a EK_WRITE_EACH_23(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_25(m, skipped, a, ...) m a EK_WRITE_EACH_24(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_26(m, skipped, a, ...) m a EK_WRITE_EACH_25(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_27(m, skipped, a, ...) m a EK_WRITE_EACH_26(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_28(m, skipped, a, ...) m a EK_WRITE_EACH_27(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_29(m, skipped, a, ...) m a EK_WRITE_EACH_28(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_30(m, skipped, a, ...) m a EK_WRITE_EACH_29(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_31(m, skipped, a, ...) m a EK_WRITE_EACH_30(m, skipped, __VA_ARGS__)
#define EK_WRITE_EACH_32(m, skipped, a, ...) m a EK_WRITE_EACH_31(m, skipped, __VA_ARGS__)
/* clang-format on */

#endif
