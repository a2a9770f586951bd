/*
 * A unit on paper: what the tests of the pure parts of a job (plan, verdict) share. Nothing is
 * simulated; a test fills in what it is about.
 */
#ifndef FM_TESTS_PAPER_RIG_H
#define FM_TESTS_PAPER_RIG_H

#include "unit.h"

#include "job/verdict.h"
#include "job/verdict_package.h"

#define FLASH_BASE 0x08000000u

/* USB\VID_273F&PID_1004, with release 2, and something else's. */
#define GUID_MODEL "2fa8891f-3ece-53a4-adc4-0dd875685f30"
#define GUID_RELEASE "101ee86a-7bea-59fb-9f89-6b6297ceed3b"
#define GUID_OTHER "84f40464-9272-4ef7-9399-cd95f12da696"

/* Families of UF2 */
#define RP2040 0xe48bff56u
#define RP2350 0xe48bff59u
#define SAMD21 0x68ed2b88u
#define ESP32S3 0xc47e5767u

/* Sixteen blocks of application in pages of 256, settings behind them, a protected boot loader,
 * EEPROM, RAM, and a second memory that is not erased. */
void paper_memory(struct fm_memory *memory);
void paper_requires(struct fm_component *component, enum fm_requirement_kind kind,
		    enum fm_compare compare, const char *version);

/* A unit, its loader and a file of 4 bytes of which nothing says that they do not fit. */
struct paper_rig {
	struct fm_device device;
	struct fm_loader loader;
	struct fm_image image;
	struct fm_identity identity;
	struct fm_error plan_error;
	struct fm_verdict_input input; /* points to those */
	struct fm_rule_result rules[FM_RULES_MOST];
	size_t count;
};

int paper_setup(void **state);
int paper_teardown(void **state);
/* The rule's result, or NULL where it is left out. */
const struct fm_rule_result *paper_rule(struct paper_rig *rig, const char *rule);
#define PAPER_TEST(name) cmocka_unit_test_setup_teardown(name, paper_setup, paper_teardown)

#endif
