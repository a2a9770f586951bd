/* What every cmocka test needs, in the order that cmocka wants it. */
#ifndef FM_TESTS_UNIT_H
#define FM_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

/* A call that must succeed; on failure its error is printed. `err` must be a struct fm_error in
 * scope. */
#define assert_success(call)                                                                       \
	do {                                                                                       \
		if (!(call))                                                                       \
			fail_msg("%s: E%d %s", #call, fm_error_info(err.code)->number, err.text);  \
	} while (0)

/* A call that must fail with this code. */
#define assert_failure(call, wanted)                                                               \
	do {                                                                                       \
		if (call)                                                                          \
			fail_msg("%s succeeded", #call);                                           \
		if (err.code != (wanted))                                                          \
			fail_msg("%s: E%d %s, not E%d", #call, fm_error_info(err.code)->number,    \
				 err.text, fm_error_info(wanted)->number);                         \
	} while (0)

#endif
