/* What holds for every protocol in protocols.def. */
#include "unit.h"

#include "base/scope.h"
#include "protocol/protocol.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The lines of protocols.def, in the order of fm_protocols. */
static const char *const identifiers[] = {
#define FM_PROTOCOL(identifier) #identifier,
#include "protocol/protocols.def"
#undef FM_PROTOCOL
};

static bool exists(const char *folder, const char *name, const char *suffix)
{
	const char *top = getenv("FM_SRC");
	FM_FCLOSE FILE *file = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s/%s%s", top ? top : ".", folder, name, suffix);
	file = fopen(path, "r");
	return file != NULL;
}

static void test_names(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; fm_protocols[i]; i++) {
		const struct fm_protocol *protocol = fm_protocols[i];
		char name[32];

		assert_true(i < FM_COUNT(identifiers));
		assert_true(exists("src/protocol", identifiers[i], ".c"));
		assert_true(strlen(identifiers[i]) < sizeof(name));
		strcpy(name, identifiers[i]);
		for (char *c = name; *c; c++)
			*c = *c == '_' ? '-' : *c;
		assert_string_equal(protocol->name, name);
		if (!exists("doc/protocols", protocol->name, ".md"))
			fail_msg("there is no doc/protocols/%s.md", protocol->name);
		assert_true(protocol->title && protocol->title[0]);
		assert_true(protocol->chip_id && protocol->chip_id[0]);
		assert_ptr_equal(fm_protocol_named(protocol->name), protocol);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(protocol->name, fm_protocols[k]->name);
	}
	assert_int_equal(i, FM_COUNT(identifiers));
	assert_null(fm_protocol_named("no-such"));
	assert_null(fm_protocol_named(""));
}

/* What a protocol says that it can is what it has functions for. */
static void test_can_and_needs(void **state)
{
	const unsigned all_needs = FM_NEEDS_STREAM | FM_NEEDS_LINE | FM_NEEDS_USB | FM_NEEDS_VOLUME;

	(void)state;
	for (size_t i = 0; fm_protocols[i]; i++) {
		const struct fm_protocol *protocol = fm_protocols[i];

		assert_int_equal(protocol->needs & ~all_needs, 0);
		assert_true(protocol->needs & (FM_NEEDS_STREAM | FM_NEEDS_USB | FM_NEEDS_VOLUME));
		assert_int_equal(!!(protocol->needs & FM_NEEDS_USB), protocol->claim != NULL);
		assert_non_null(protocol->open);
		assert_non_null(protocol->write);
		assert_non_null(protocol->finish);
		assert_int_equal(!!(protocol->can & FM_CAN_READ), protocol->read != NULL);
		assert_int_equal(!!(protocol->can & FM_CAN_ERASE), protocol->erase != NULL);
		assert_int_equal(!!(protocol->can & FM_CAN_ERASE_ALL), protocol->erase_all != NULL);
		assert_int_equal(!!(protocol->can & FM_CAN_CHECKSUM), protocol->checksum != NULL);
		assert_int_equal(!!(protocol->can & FM_CAN_CHECKSUM),
				 protocol->checksum_of != NULL);
		assert_int_equal(!!(protocol->can & FM_CAN_CHECKSUM),
				 protocol->checksum_align != 0);
	}
}

static void test_params(void **state)
{
	const struct fm_param *table = NULL;

	(void)state;
	for (size_t i = 0; fm_protocols[i]; i++) {
		size_t n = 0;

		assert_true(fm_protocol_params(fm_protocols[i]->name, &table));
		assert_ptr_equal(table, fm_protocols[i]->params);
		for (; table && table[n].name; n++) {
			for (const char *c = table[n].name; *c; c++)
				assert_true(islower(*c) || isdigit(*c) || *c == '-');
			assert_true(table[n].meaning && table[n].meaning[0]);
			if (table[n].type == FM_PARAM_NUMBER)
				assert_true(table[n].min <= table[n].normal &&
					    table[n].normal <= table[n].max);
			else
				assert_true(table[n].normal == 0 || table[n].normal == 1);
		}
		assert_true(n < FM_PARAM_MOST);
	}
	assert_false(fm_protocol_params("no-such", &table));
}

/* A link that cannot carry it is refused before anything is sent. */
static void test_session_needs_its_link(void **state)
{
	struct fm_link link = { .name = "nothing" };
	struct fm_session s;
	struct fm_error err;

	(void)state;
	for (size_t i = 0; fm_protocols[i]; i++) {
		assert_failure(fm_session_init(&s, fm_protocols[i], &link, NULL, &err),
			       FM_UNSUPPORTED);
		fm_session_done(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_can_and_needs),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_session_needs_its_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
