/*
 * Errors as values. A function that can fail returns bool (true = success) and takes a struct
 * fm_error last. The first failure fills it; a caller adds context at most once a floor and never
 * replaces it. `text` says what happened, `hint` what the user can do. Decisions are made on
 * `code`, never on text.
 */
#ifndef FM_BASE_ERROR_H
#define FM_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

enum fm_code {
	FM_OK,
#define FM_ERROR(name, number, exit, title, advice) FM_##name,
#include "base/errors.def"
#undef FM_ERROR
	FM_CODE_COUNT
};

struct fm_error {
	enum fm_code code;
	int os; /* errno, 0 = none */
	char text[240];
	char hint[160];
};

/* What is known of a code, from errors.def. */
struct fm_error_info {
	const char *name;   /* "TIMEOUT" */
	int number;         /* 205 is shown as E205 */
	int exit_code;      /* of the process, where nothing else decides */
	const char *title;  /* a few words */
	const char *advice; /* one sentence: what to do next */
};

#define FM_MUST_CHECK __attribute__((warn_unused_result))
#define FM_PRINTF(at, first) __attribute__((format(printf, at, first)))

/* Never NULL; FM_OK gives number 0. */
const struct fm_error_info *fm_error_info(enum fm_code code);

/* Forget what was said: *err is FM_OK again. */
void fm_error_clear(struct fm_error *err);

/* Each returns false, so that a caller can `return fm_fail(...)`. err must not be NULL. */
bool fm_fail(struct fm_error *err, enum fm_code code, const char *format, ...) FM_PRINTF(3, 4);
/* As fm_fail, and appends ": " with the text of the errno value `os`. */
bool fm_fail_os(struct fm_error *err, enum fm_code code, int os, const char *format, ...)
	FM_PRINTF(4, 5);
/* Set what the user can do about it. */
bool fm_hint(struct fm_error *err, const char *format, ...) FM_PRINTF(2, 3);
/* Put "context: " before the text. */
bool fm_context(struct fm_error *err, const char *format, ...) FM_PRINTF(2, 3);

#endif
