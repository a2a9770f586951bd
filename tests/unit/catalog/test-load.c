/* Loading one definition: what is in it, and how its chip, its family and the user's own come in.
 */
#include "load-text.h"

#include "base/scope.h"

#include <stdio.h>
#include <unistd.h>

static void test_board_is_loaded_whole(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	const struct fm_region *region;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "B-Alias", &device, &err));
	assert_int_equal(device.kind, FM_DEVICE_BOARD);
	assert_string_equal(device.id, "b");
	assert_int_equal(device.line, 38);
	assert_false(device.user);
	assert_false(device.identify_only);
	assert_int_equal(device.usb_count, 1);
	assert_int_equal(device.usb[0].vid, 0x2341);
	assert_int_equal(device.loader_count, 2);
	assert_string_equal(device.unknown, "the fuses");
	assert_string_equal(device.loaders[0].name, "BL");
	assert_string_equal(device.loaders[0].chip, "c");
	assert_string_equal(device.loaders[0].chip_name, "C & D");
	assert_int_equal(device.loaders[0].tries, 1);
	assert_null(device.loaders[0].help);
	assert_int_equal(device.loaders[0].line.parity, FM_PARITY_EVEN);
	assert_int_equal(device.loaders[0].memory.count, 2);
	region = fm_memory_named(&device.loaders[0].memory, "app");
	assert_int_equal(region->range.len, 30 << 10);
	assert_int_equal(region->run_count, 2);
	assert_int_equal(region->first_block, 7);
	assert_int_equal(region->write_len, 256);
	assert_int_equal(device.loaders[0].size_register.addr, 0x1FFF7A22);
	assert_int_equal(device.loaders[0].size_register.len, 2);
	assert_int_equal(device.loaders[0].unique_id.len, 12);
	assert_true(device.loaders[0].no_erase_all);
	/* a loader without chip: the unit says it */
	assert_string_equal(device.loaders[1].chip, "");
	assert_int_equal(device.loaders[1].memory.count, 0);
	assert_int_equal(device.loaders[1].params.values[0], 1);
}

static void test_question_is_loaded(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "b", &device, &err));
	assert_non_null(device.question);
	assert_int_equal(device.question->line.baud, 9600);
	assert_int_equal(device.question->send_len, 2);
	assert_memory_equal(device.question->send, "v\r", 2);
	assert_string_equal(device.question->expect, "v([0-9.]+)");
	assert_int_equal(device.question->group, 1);
	assert_int_equal(device.question->repeat_ms, 500);
	assert_int_equal(device.question->within_ms, 5000);
	assert_string_equal(device.question->in_image, "version ([a-z]+)([0-9.]+)");
	assert_int_equal(device.question->in_image_group, 2);
	assert_int_equal(device.signing, FM_SIGNING_REQUIRED);
	assert_true(device.downgrade_allowed);
	assert_string_equal(device.version_format, "triplet");
}

static void test_post_checks_and_questions_are_loaded(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "b", &device, &err));
	assert_int_equal(device.post_check_count, 1);
	assert_string_equal(device.post_checks[0].name, "self test");
	assert_int_equal(device.post_checks[0].question.line.baud, 9600);
	assert_memory_equal(device.post_checks[0].question.send, "t\r", 2);
	assert_string_equal(device.post_checks[0].question.expect, "(ok|good)");
	assert_int_equal(device.post_checks[0].question.within_ms, 20000);
	assert_null(device.post_checks[0].question.in_image);
	assert_int_equal(device.person_question_count, 1);
	assert_string_equal(device.person_questions[0].id, "mains");
	assert_string_equal(device.person_questions[0].text, "Is it off?");
	assert_string_equal(device.person_questions[0].answer, "it is");
}

static void test_chip_takes_the_loaders_of_its_family(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	const struct fm_loader *loader = &device.loaders[0];
	const struct fm_step *steps;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "c-alias", &device, &err));
	assert_int_equal(device.kind, FM_DEVICE_CHIP);
	assert_string_equal(device.unknown, "the wiring; the fuses");
	assert_int_equal(device.loader_count, 1);
	assert_string_equal(loader->chip_ids[0], "1e950f");
	assert_int_equal(loader->params.values[0], 1);
	assert_int_equal(loader->tries, 3);
	assert_string_equal(loader->help, "press reset");
	assert_int_equal(loader->memory.count, 2);
	assert_null(fm_memory_named(&loader->memory, "eeprom"));
	steps = loader->enter.steps;
	assert_int_equal(loader->enter.count, 7);
	assert_int_equal(steps[0].lines, FM_LINE_DTR | FM_LINE_RTS);
	assert_int_equal(steps[0].on, FM_LINE_DTR);
	assert_int_equal(steps[1].kind, FM_STEP_WAIT);
	assert_int_equal(steps[1].ms, 10);
	assert_int_equal(steps[2].kind, FM_STEP_BREAK);
	assert_int_equal(steps[2].ms, 100);
	assert_int_equal(steps[3].kind, FM_STEP_SEND);
	assert_int_equal(steps[3].data_len, 4);
	assert_memory_equal(steps[3].data, "go\r\0", 4);
	assert_memory_equal(steps[4].data, "\x7f\x00", 2);
	assert_int_equal(steps[5].kind, FM_STEP_DISCARD);
	assert_int_equal(steps[6].kind, FM_STEP_ASK);
	assert_string_equal(steps[6].text, "press it");
	assert_int_equal(loader->leave.count, 1);
	assert_int_equal(loader->leave.steps[0].lines, FM_LINE_DTR);
	assert_int_equal(loader->leave.steps[0].on, 0);
}

static void test_family_learns_its_chip(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	const struct fm_entry *chip;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "f", &device, &err));
	assert_int_equal(device.kind, FM_DEVICE_FAMILY);
	assert_string_equal(device.unknown, "the wiring");
	assert_int_equal(device.loaders[0].memory.count, 0);
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1E950F", &chip, &err));
	assert_string_equal(chip->id, "c");
	assert_string_equal(device.loaders[0].chip, "c");
	assert_int_equal(device.loaders[0].memory.count, 2);
	assert_null(fm_memory_named(&device.loaders[0].memory, "eeprom"));
	assert_string_equal(device.unknown, "the wiring; the fuses");
	assert_false(device.identify_only);
	/* again, as after a restart: known already, and right */
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1e950f", NULL, &err));
	assert_string_equal(device.unknown, "the wiring; the fuses");
	assert_failure(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "stm32-pid", "0470", NULL, &err),
		       FM_WRONG_UNIT);
	assert_non_null(strstr(err.text, "D (0470)"));
}

static void test_identify_only_chip_makes_the_unit_so(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device family;
	FM_DEVICE_DONE struct fm_device chip;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "f", &family, &err));
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &family, &family.loaders[0],
					       "stm32-pid", "0470", NULL, &err));
	assert_true(family.identify_only);
	assert_string_equal(family.unknown, "the wiring; nobody knows it");
	assert_int_equal(family.loaders[0].memory.count, 0);
	assert_success(fm_catalog_load(fixture->catalog, "d", &chip, &err));
	assert_true(chip.identify_only);
}

static void test_unit_with_another_chip_is_refused(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	const struct fm_entry *chip = NULL;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "b", &device, &err));
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1e950f", &chip, &err));
	assert_string_equal(chip->id, "c");
	assert_failure(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1e9406", NULL, &err),
		       FM_WRONG_UNIT);
	assert_non_null(strstr(err.text, "1e9406"));
	assert_failure(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[1],
					       "stm32-pid", "0999", NULL, &err),
		       FM_UNSUPPORTED);
	assert_non_null(strstr(err.text, "0999"));
	/* the second loader takes any chip that is known */
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[1],
					       "avr-signature", "1e950f", NULL, &err));
	assert_int_equal(device.loaders[1].memory.count, 3);
}

static void test_two_chips_with_one_id_are_an_error(void **state)
{
	struct fixture *fixture = *state;
	FM_FREE char *twice = load_changed(35, "stm32-pid\" value=\"0470",
					   "avr-signature\" "
					   "value=\"1e950f");
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;

	load_write_and_open(fixture, twice);
	assert_success(fm_catalog_load(fixture->catalog, "f", &device, &err));
	assert_failure(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1e950f", NULL, &err),
		       FM_DEFINITION);
	assert_non_null(strstr(err.text, "a.xml:34"));
}

static void test_the_users_chip_counts_before_the_installed_one(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	const struct fm_entry *chip;
	struct fm_error err;

	fixture_write(fixture->user_dir, "mine.xml",
		      "<devices format=\"1\"><chip id=\"mine\" vendor=\"V\" name=\"M\">"
		      "<chip-id kind=\"avr-signature\" value=\"1e950f\"/>"
		      "<region name=\"app\" space=\"flash\" base=\"0\" size=\"1K\" write=\"128\" "
		      "access=\"write\"/></chip></devices>");
	load_write_and_open(fixture, load_good);
	assert_success(fm_catalog_load(fixture->catalog, "f", &device, &err));
	assert_success(fm_catalog_resolve_chip(fixture->catalog, &device, &device.loaders[0],
					       "avr-signature", "1e950f", &chip, &err));
	assert_string_equal(chip->id, "mine");
	assert_true(chip->user);
	assert_int_equal(device.loaders[0].memory.regions[0].range.len, 1024);
}

static void test_unknown_model(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;

	load_write_and_open(fixture, load_good);
	assert_failure(fm_catalog_load(fixture->catalog, "nosuch", &device, &err),
		       FM_UNKNOWN_MODEL);
	assert_non_null(strstr(err.text, "nosuch"));
	fixture_write(fixture->dir, "broken.xml", "<devices");
	fixture_open(fixture);
	assert_failure(fm_catalog_load(fixture->catalog, "nosuch", &device, &err),
		       FM_UNKNOWN_MODEL);
	assert_non_null(strstr(err.hint, "broken.xml"));
}
static void test_file_that_changed_after_it_was_skimmed(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;
	char path[100];

	load_write_and_open(fixture, load_good);
	fixture_write(fixture->dir, "a.xml", "<devices format=\"1\"/>");
	assert_failure(fm_catalog_load(fixture->catalog, "b", &device, &err), FM_DEFINITION);
	assert_non_null(strstr(err.text, "'b' is no longer in this file"));
	fixture_write(fixture->dir, "a.xml", "<devices format=\"1\">");
	assert_failure(fm_catalog_load(fixture->catalog, "b", &device, &err), FM_DEFINITION);
	snprintf(path, sizeof(path), "%s/a.xml", fixture->dir);
	assert_int_equal(unlink(path), 0);
	assert_failure(fm_catalog_load(fixture->catalog, "b", &device, &err), FM_DEFINITION);
	assert_non_null(strstr(err.text, "No such file"));
}

static void test_schema_that_is_missing_or_broken(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device;
	struct fm_error err;

	snprintf(fixture->schema, sizeof(fixture->schema), "%s/none.rng", fixture->dir);
	load_write_and_open(fixture, load_good);
	assert_failure(fm_catalog_load(fixture->catalog, "b", &device, &err), FM_DEFINITION);
	assert_non_null(strstr(err.text, "none.rng: cannot be read: No such file"));
	fixture_write(fixture->dir, "none.rng", "<grammar/>");
	assert_failure(fm_catalog_load(fixture->catalog, "b", &device, &err), FM_DEFINITION);
	assert_non_null(strstr(err.text, "none.rng"));
	assert_false(fixture_lint(fixture, load_good));
}

int main(void)
{
#define LOAD_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		LOAD_TEST(test_board_is_loaded_whole),
		LOAD_TEST(test_question_is_loaded),
		LOAD_TEST(test_post_checks_and_questions_are_loaded),
		LOAD_TEST(test_chip_takes_the_loaders_of_its_family),
		LOAD_TEST(test_family_learns_its_chip),
		LOAD_TEST(test_identify_only_chip_makes_the_unit_so),
		LOAD_TEST(test_unit_with_another_chip_is_refused),
		LOAD_TEST(test_two_chips_with_one_id_are_an_error),
		LOAD_TEST(test_the_users_chip_counts_before_the_installed_one),
		LOAD_TEST(test_unknown_model),
		LOAD_TEST(test_file_that_changed_after_it_was_skimmed),
		LOAD_TEST(test_schema_that_is_missing_or_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
