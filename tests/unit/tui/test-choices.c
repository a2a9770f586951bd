/* The options of a job: the table, and what the screens do with it. */
#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/about.h"
#include "front/tui/actions.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The row of an option, in the view that is shown. */
static void row_of(struct fm_ui *ui, enum fm_choice choice)
{
	size_t row = 0;

	while (fm_ui_choice_at(ui, row) != choice && row < FM_CHOICE_COUNT)
		row++;
	assert_in_range(row, 0, FM_CHOICE_COUNT - 1);
	ui->index[FM_VIEW_OPTIONS] = row;
}

static const struct fm_choices *of_unit(const struct fm_ui *ui)
{
	return &fm_ui_unit(ui, ui->unit)->choices;
}

static void to_preflight(struct fm_ui *ui)
{
	state_bench(ui);
	fm_ui_go(ui, FM_VIEW_PICKER);
	state_checked(ui, FM_FITS);
	fm_ui_key(ui, FM_KEY_ENTER);
	assert_int_equal(fm_ui_top(ui), FM_VIEW_PREFLIGHT);
	assert_null(fm_why_no_start(ui));
	ui->request = (struct fm_ui_request){ 0 };
}

static void the_table_is_whole(void **state)
{
	(void)state;
	for (int i = 0; i < FM_CHOICE_COUNT; i++) {
		const struct fm_choice_info *info = fm_choice_info((enum fm_choice)i);

		assert_non_null(info->name);
		assert_non_null(info->help);
		assert_non_null(info->standard);
		assert_non_null(info->giver);
		assert_non_null(info->apply);
		assert_true(info->verbs != 0);
		/* what holds for everybody would be taken back by the next file */
		assert_false(info->file && info->person);
		for (size_t k = 0; info->words && info->words[k]; k++) {
			struct fm_choices choices = { 0 };
			struct fm_error err = { 0 };

			if (!fm_choices_set(&choices, (enum fm_choice)i, FM_FROM_HERE,
					    info->words[k], &err))
				fail_msg("--%s=%s: %s", info->name, info->words[k], err.text);
		}
	}
}

static void what_is_wrong_is_refused(void **state)
{
	static const struct {
		enum fm_choice choice;
		const char *text;
	} wrong[] = {
		{ FM_CHOICE_VERIFY, "maybe" },
		{ FM_CHOICE_BAUD, "9600x" },
		{ FM_CHOICE_BAUD, "1" },
		{ FM_CHOICE_TIMEOUT, "0" },
		{ FM_CHOICE_BASE, "-1" },
		{ FM_CHOICE_BASE, "0x100000000" },
		{ FM_CHOICE_SPACE, "alt8" },
		{ FM_CHOICE_SAVE_FORMAT, "elf" },
		{ FM_CHOICE_FORMAT, "word" },
		{ FM_CHOICE_ALLOW, "config,all" },
		{ FM_CHOICE_ALLOW, "config," },
		{ FM_CHOICE_NOT_BEFORE, "soon" },
		{ FM_CHOICE_SIGNATURE, "perhaps" },
	};
	char many[300];

	(void)state;
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	for (size_t i = 0; i < FM_COUNT(wrong); i++) {
		struct fm_choices choices = { 0 };
		struct fm_error err = { 0 };

		assert_false(fm_choices_set(&choices, wrong[i].choice, FM_FROM_HERE, wrong[i].text,
					    &err));
		assert_int_equal(err.code, FM_USAGE);
		assert_non_null(strstr(err.text, fm_choice_info(wrong[i].choice)->name));
		assert_null(fm_choices_text(&choices, wrong[i].choice));
		assert_false(fm_choices_set(&choices, FM_CHOICE_TICKET, FM_FROM_HERE, many, &err));
	}
}

static void the_request_is_what_was_chosen(void **state)
{
	static const struct {
		enum fm_choice choice;
		const char *text;
	} all[] = {
		{ FM_CHOICE_ALLOW, "config,path" },
		{ FM_CHOICE_BACKUP, "required" },
		{ FM_CHOICE_NOT_AFTER, "2099-01-01T00:00Z" },
		{ FM_CHOICE_TIMEOUT, "7" },
		{ FM_CHOICE_BAUD, "57600" },
		{ FM_CHOICE_VERIFY, "hash" },
		{ FM_CHOICE_SIGNATURE, "required" },
		{ FM_CHOICE_FORMAT, "raw" },
		{ FM_CHOICE_BASE, "0x08002000" },
		{ FM_CHOICE_SPACE, "alt2" },
		{ FM_CHOICE_RELEASE, "1.1.0" },
		{ FM_CHOICE_EXPECT_VERSION, "9.9" },
		{ FM_CHOICE_SAVE_FORMAT, "srec" },
		{ FM_CHOICE_REPLACE, "yes" },
		{ FM_CHOICE_TRACE, "/tmp/wire" },
		{ FM_CHOICE_OPERATOR, "mk" },
		{ FM_CHOICE_STATION, "7" },
		{ FM_CHOICE_TICKET, "T-1" },
	};
	struct fm_job_request request = { 0 };
	struct fm_choices choices = { 0 };
	struct fm_error err = { 0 };
	struct fm_chosen chosen;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(all); i++)
		assert_true(
			fm_choices_set(&choices, all[i].choice, FM_FROM_HERE, all[i].text, &err));
	assert_true(fm_choices_apply(&choices, FM_VERB_FLASH, &request, &chosen, &err));
	assert_true(request.allow_config && request.allow_path && !request.allow_unit);
	assert_int_equal(request.backup, FM_BACKUP_REQUIRED);
	assert_int_equal(request.not_after_s, 4070908800);
	assert_int_equal(request.enter_ms, 7000);
	assert_int_equal(request.baud, 57600);
	assert_int_equal(request.verify, FM_VERIFY_HASH);
	assert_int_equal(request.signing, FM_SIGNING_REQUIRED);
	assert_string_equal(chosen.image.format, "raw");
	assert_true(chosen.image.has_base && chosen.image.base == 0x08002000);
	assert_true(request.has_space && request.space == FM_SPACE_ALT1 + 1);
	assert_string_equal(chosen.release, "1.1.0");
	assert_string_equal(request.expect_version, "9.9");
	assert_string_equal(request.trace_path, "/tmp/wire");
	assert_string_equal(request.operator_name, "mk");
	assert_string_equal(request.station, "7");
	assert_string_equal(request.ticket, "T-1");
	/* of another job's options it hears nothing */
	assert_false(request.backup_replace);
	request = (struct fm_job_request){ 0 };
	assert_true(fm_choices_apply(&choices, FM_VERB_BACKUP, &request, &chosen, &err));
	assert_true(request.backup_replace);
	assert_string_equal(request.backup_format->name, "srec");
	assert_int_equal(request.verify, FM_VERIFY_BEST);
	assert_null(chosen.image.format);
}

/* "+90m" would move along with the clock and never begin. */
static void a_time_from_now_stands_still(void **state)
{
	struct fm_choices choices = { 0 };
	struct fm_error err = { 0 };
	struct fm_chosen chosen;
	struct fm_job_request request = { 0 };

	(void)state;
	assert_true(fm_choices_set(&choices, FM_CHOICE_NOT_BEFORE, FM_FROM_HERE, "+90m", &err));
	assert_int_equal(*fm_choices_text(&choices, FM_CHOICE_NOT_BEFORE), '2');
	assert_true(fm_choices_apply(&choices, FM_VERB_FLASH, &request, &chosen, &err));
	assert_in_range(chosen.not_before_s, time(NULL) + 5390, time(NULL) + 5401);
	assert_true(fm_choices_set(&choices, FM_CHOICE_NOT_AFTER, FM_FROM_HERE, "+1m", &err));
	assert_false(fm_choices_apply(&choices, FM_VERB_FLASH, &request, &chosen, &err));
	assert_int_equal(err.code, FM_USAGE);
}

static void the_configuration_is_never_loosened(void **state)
{
	struct fm_choices given = { 0 }, config = { 0 };
	struct fm_error err = { 0 };

	(void)state;
	assert_true(fm_choices_set(&config, FM_CHOICE_SIGNATURE, FM_FROM_CONFIG, "warn", &err));
	assert_true(fm_choices_set(&config, FM_CHOICE_VERIFY, FM_FROM_CONFIG, "hash", &err));
	assert_true(fm_choices_set(&given, FM_CHOICE_SIGNATURE, FM_FROM_COMMAND, "ignore", &err));
	assert_true(fm_choices_set(&given, FM_CHOICE_VERIFY, FM_FROM_COMMAND, "best", &err));
	fm_choices_merge(&given, &config);
	assert_string_equal(fm_choices_text(&given, FM_CHOICE_SIGNATURE), "warn");
	assert_string_equal(fm_choices_giver(&given, FM_CHOICE_SIGNATURE), "configuration");
	assert_string_equal(fm_choices_text(&given, FM_CHOICE_VERIFY), "best");
	assert_false(fm_choices_set(&given, FM_CHOICE_SIGNATURE, FM_FROM_HERE, "ignore", &err));
	assert_true(fm_choices_set(&given, FM_CHOICE_SIGNATURE, FM_FROM_HERE, "required", &err));
	assert_string_equal(fm_choices_giver(&given, FM_CHOICE_SIGNATURE), "chosen here");
}

static void a_change_makes_the_check_void(void **state)
{
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui);
	state_type(&ui, "x");
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_OPTIONS);
	row_of(&ui, FM_CHOICE_VERIFY);
	state_type(&ui, "\n\n");
	assert_string_equal(fm_choices_text(of_unit(&ui), FM_CHOICE_VERIFY), "readback");
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	fm_ui_back(&ui);
	assert_string_equal(fm_why_no_start(&ui),
			    "an option was changed: c asks the unit once more");
	state_type(&ui, "F");
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING);
	fm_ui_done(&ui);
}

static void going_back_checks_again_and_writes_nothing(void **state)
{
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui);
	state_type(&ui, "x");
	fm_ui_key(&ui, FM_KEY_ESC);
	assert_int_equal(ui.request.wish, FM_WISH_NOTHING); /* nothing was changed */
	state_type(&ui, "x");
	row_of(&ui, FM_CHOICE_BAUD);
	state_type(&ui, "\n9600\n");
	assert_string_equal(fm_choices_text(of_unit(&ui), FM_CHOICE_BAUD), "9600");
	fm_ui_key(&ui, FM_KEY_ESC);
	assert_int_equal(ui.request.wish, FM_WISH_JOB);
	assert_int_equal(ui.request.verb, FM_VERB_CHECK);
	assert_false(fm_ui_request_changes(&ui.request));
	fm_ui_done(&ui);
}

static void what_is_typed_wrong_changes_nothing(void **state)
{
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui);
	state_type(&ui, "x");
	row_of(&ui, FM_CHOICE_BASE);
	state_type(&ui, "\nnowhere\n");
	assert_non_null(strstr(ui.message, "--base takes an address"));
	assert_null(fm_choices_text(of_unit(&ui), FM_CHOICE_BASE));
	assert_null(fm_why_no_start((fm_ui_back(&ui), &ui)));
	fm_ui_done(&ui);
}

static void the_default_is_what_was_given_at_the_start(void **state)
{
	struct fm_error err = { 0 };
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui);
	assert_true(fm_choices_set(&ui.choices, FM_CHOICE_VERIFY, FM_FROM_COMMAND, "hash", &err));
	state_type(&ui, "x");
	row_of(&ui, FM_CHOICE_VERIFY);
	state_type(&ui, "\n");
	assert_string_equal(fm_choices_giver(of_unit(&ui), FM_CHOICE_VERIFY), "chosen here");
	state_type(&ui, "d");
	assert_string_equal(fm_choices_text(of_unit(&ui), FM_CHOICE_VERIFY), "hash");
	assert_string_equal(fm_choices_giver(of_unit(&ui), FM_CHOICE_VERIFY), "command line");
	fm_ui_done(&ui);
}

static void another_file_does_not_inherit(void **state)
{
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui);
	state_choose(&ui, FM_CHOICE_BAUD, FM_FROM_HERE, "9600");
	assert_true(fm_ui_choose(&ui, FM_CHOICE_EXPECT_VERSION, "9.9") == true);
	fm_ui_recheck(&ui);
	assert_string_equal(fm_choices_text(of_unit(&ui), FM_CHOICE_EXPECT_VERSION), "9.9");
	fm_ui_back(&ui);
	ui.index[FM_VIEW_PICKER] = 1;
	state_type(&ui, "c");
	assert_null(fm_choices_text(of_unit(&ui), FM_CHOICE_EXPECT_VERSION));
	assert_string_equal(fm_choices_text(of_unit(&ui), FM_CHOICE_BAUD), "9600");
	fm_ui_done(&ui);
}

/* Of a unit without a number nobody knows whether it is the same. */
static void another_unit_in_the_port_begins_anew(void **state)
{
	struct fm_seen seen = state_port("/dev/ttyUSB7", "");
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	ui.unit = state_attach(&ui, &seen, "READY", "");
	assert_true(fm_ui_choose(&ui, FM_CHOICE_ALLOW, "config"));
	ui.now_ns += STATE_S;
	fm_ui_unit_event(&ui, FM_TRACK_LEFT, &seen, NULL);
	assert_int_equal(state_attach(&ui, &seen, "READY", ""), ui.unit);
	assert_null(fm_choices_text(of_unit(&ui), FM_CHOICE_ALLOW));
	fm_ui_done(&ui);
}

/* Pulled and put in so fast that detection never said that it left. */
static void a_fast_swap_is_another_attachment(void **state)
{
	struct fm_ui_unit *unit;
	struct fm_seen seen;
	struct fm_row row;
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui);
	unit = fm_ui_unit(&ui, ui.unit);
	unit->seen.usb.address = 7;
	seen = unit->seen;
	row = unit->row;
	seen.usb.address = 8; /* the check has only just ended: that was it */
	fm_ui_unit_event(&ui, FM_TRACK_RETURNED, &seen, &row);
	assert_null(fm_why_no_start(&ui));
	ui.now_ns += 10 * STATE_S;
	fm_ui_unit_event(&ui, FM_TRACK_CHANGED, &seen, &row); /* its rights */
	assert_null(fm_why_no_start(&ui));
	seen.usb.address = 9;
	fm_ui_unit_event(&ui, FM_TRACK_RETURNED, &seen, &row);
	assert_non_null(fm_why_no_start(&ui));
	fm_ui_done(&ui);
}

static void who_sits_there_is_the_same_for_all(void **state)
{
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	assert_true(fm_ui_choose(&ui, FM_CHOICE_OPERATOR, "mk"));
	assert_true(fm_ui_choose(&ui, FM_CHOICE_VERIFY, "hash"));
	for (size_t i = 0; i < ui.unit_count; i++) {
		const struct fm_ui_unit *unit = &ui.units[i];

		assert_string_equal(fm_choices_text(&unit->choices, FM_CHOICE_OPERATOR), "mk");
		assert_true(unit->id == ui.unit ||
			    !fm_choices_text(&unit->choices, FM_CHOICE_VERIFY));
	}
	fm_ui_done(&ui);
}

static void releases_are_those_of_the_package(void **state)
{
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	fm_text_copy(ui.files[3].releases, sizeof(ui.files[3].releases), "2.0.0 1.1.0");
	fm_ui_go(&ui, FM_VIEW_PICKER);
	ui.index[FM_VIEW_PICKER] = 3;
	state_type(&ui, "x");
	row_of(&ui, FM_CHOICE_RELEASE);
	state_type(&ui, "\n");
	assert_string_equal(fm_choices_text(of_unit(&ui), FM_CHOICE_RELEASE), "2.0.0");
	state_type(&ui, "\n");
	assert_string_equal(fm_choices_text(of_unit(&ui), FM_CHOICE_RELEASE), "1.1.0");
	state_type(&ui, "\n");
	assert_null(fm_choices_text(of_unit(&ui), FM_CHOICE_RELEASE));
	fm_ui_done(&ui);
}

static void any_backup_is_planned_first(void **state)
{
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	fm_ui_go(&ui, FM_VIEW_DETAILS);
	state_type(&ui, "s");
	assert_int_equal(ui.request.wish, FM_WISH_BACKUPS);
	state_backups(&ui);
	fm_ui_key(&ui, FM_KEY_DOWN);
	state_type(&ui, "\n");
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_PREFLIGHT);
	assert_int_equal(ui.request.verb, FM_VERB_RESTORE);
	assert_true(ui.request.dry_run);
	assert_string_equal(ui.request.backup, ui.backups[1].sha256);
	fm_ui_back(&ui);
	state_type(&ui, "a");
	assert_string_equal(ui.request.backup, "");
	assert_int_equal(ui.request.source, 12);
	assert_true(ui.request.dry_run);
	fm_ui_done(&ui);
}

static void the_plan_of_one_backup_is_not_that_of_another(void **state)
{
	struct fm_ui ui;

	(void)state;
	state_bench(&ui);
	state_backups(&ui);
	fm_text_copy(ui.backup, sizeof(ui.backup), ui.backups[0].sha256);
	state_planned(&ui, FM_VERB_RESTORE, 0);
	assert_non_null(fm_about_check(&ui));
	fm_text_copy(ui.backup, sizeof(ui.backup), ui.backups[1].sha256);
	assert_null(fm_about_check(&ui));
	fm_ui_done(&ui);
}

/* Many jobs later the plan that a person has seen is the one that is started. */
static void the_confirmed_plan_makes_no_room(void **state)
{
	struct fm_ui_job *check;
	struct fm_ui ui;
	uint64_t number;

	(void)state;
	to_preflight(&ui);
	check = fm_ui_check(&ui, fm_ui_unit(&ui, ui.unit), ui.path);
	number = check->number;
	while (ui.job_count < 64)
		state_end(&ui, state_job(&ui, state_unit(&ui, "1-2"), FM_VERB_CHECK, "x"),
			  FM_OUTCOME_NONE, FM_OK, FM_UNIT_UNTOUCHED);
	fm_ui_key(&ui, 'F');
	assert_int_equal(ui.request.check, number);
	fm_ui_job_new(&ui, fm_ui_unit(&ui, ui.unit), &ui.request);
	assert_int_equal(ui.job_count, 64);
	assert_ptr_equal(fm_ui_job(&ui, number), check);
	fm_ui_done(&ui);
}

/* From a result that is no good to the next try, as often as it takes. */
static void a_unit_is_written_again_and_again(void **state)
{
	struct fm_ui ui;

	(void)state;
	to_preflight(&ui);
	for (int i = 0; i < 2 * FM_UI_DEEP; i++) {
		struct fm_ui_job *job = state_job(&ui, ui.unit, FM_VERB_FLASH, ui.path);

		fm_ui_turn(&ui, FM_VIEW_PROGRESS);
		state_end(&ui, job, FM_OUTCOME_FAIL, FM_VERIFY, FM_UNIT_PARTIAL);
		assert_int_equal(fm_ui_top(&ui), FM_VIEW_RESULT);
		state_type(&ui, "f");
		assert_int_equal(fm_ui_top(&ui), FM_VIEW_PICKER);
		fm_ui_key(&ui, FM_KEY_ENTER);
		assert_int_equal(fm_ui_top(&ui), FM_VIEW_PREFLIGHT);
	}
	fm_ui_key(&ui, FM_KEY_ESC);
	fm_ui_key(&ui, FM_KEY_ESC);
	assert_int_equal(fm_ui_top(&ui), FM_VIEW_DEVICES);
	/* and where views do lie on each other so deep, each key still leads somewhere */
	for (int i = 0; i < FM_UI_DEEP; i++) {
		fm_ui_go(&ui, FM_VIEW_PAGE);
		state_type(&ui, "?");
		assert_int_equal(fm_ui_top(&ui), FM_VIEW_HELP);
	}
	fm_ui_done(&ui);
}

/* What is said of a cut is true for the unit. */
static void what_stays_is_known_or_said_to_be_unknown(void **state)
{
	struct fm_plan plan = { 0 };
	struct fm_memory memory = { .count = 1 };
	struct fm_ui_job job = { 0 };

	(void)state;
	fm_ui_job_stays(&job, &plan, &memory, FM_MODE_APPLICATION);
	assert_string_equal(job.stays, "");
	fm_ui_job_stays(&job, &plan, &memory, FM_MODE_ROM);
	assert_non_null(strstr(job.stays, "can't be erased"));
	memory.regions[0].flags = FM_REGION_PROTECTED;
	memory.regions[0].range.space = FM_SPACE_FLASH;
	fm_text_copy(memory.regions[0].name, 32, "bootloader");
	fm_ui_job_stays(&job, &plan, &memory, FM_MODE_APPLICATION);
	assert_non_null(strstr(job.stays, "bootloader is never written"));
	plan.erase_all = true;
	fm_ui_job_stays(&job, &plan, &memory, FM_MODE_APPLICATION);
	assert_string_equal(job.stays, "");
	memory.regions[0].range.space = FM_SPACE_SYSTEM;
	fm_ui_job_stays(&job, &plan, &memory, FM_MODE_APPLICATION);
	assert_non_null(strstr(job.stays, "can't be erased"));
}

/* Settings that were lost are put back when the firmware is proved already. */
static void settings_on_their_way_back_are_told(void **state)
{
	struct fm_ui_job job = { .verb = FM_VERB_FLASH, .running = true };

	(void)state;
	job.phases[FM_PHASE_WRITE].step = job.phases[FM_PHASE_VERIFY].step = FM_UI_DONE;
	assert_null(strstr(fm_ui_job_if_cut(&job), "settings"));
	job.phases[FM_PHASE_RESTORE].step = FM_UI_NOW;
	assert_non_null(strstr(fm_ui_job_if_cut(&job), "settings not put back"));
	job.phases[FM_PHASE_RESTORE].step = FM_UI_FAILED;
	assert_non_null(strstr(fm_ui_job_if_cut(&job), "settings not put back"));
	job.phases[FM_PHASE_RESTORE].step = FM_UI_DONE;
	assert_null(strstr(fm_ui_job_if_cut(&job), "settings"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(the_request_is_what_was_chosen),
		cmocka_unit_test(a_time_from_now_stands_still),
		cmocka_unit_test(the_configuration_is_never_loosened),
		cmocka_unit_test(a_change_makes_the_check_void),
		cmocka_unit_test(going_back_checks_again_and_writes_nothing),
		cmocka_unit_test(what_is_typed_wrong_changes_nothing),
		cmocka_unit_test(the_default_is_what_was_given_at_the_start),
		cmocka_unit_test(another_file_does_not_inherit),
		cmocka_unit_test(another_unit_in_the_port_begins_anew),
		cmocka_unit_test(a_fast_swap_is_another_attachment),
		cmocka_unit_test(who_sits_there_is_the_same_for_all),
		cmocka_unit_test(releases_are_those_of_the_package),
		cmocka_unit_test(any_backup_is_planned_first),
		cmocka_unit_test(the_plan_of_one_backup_is_not_that_of_another),
		cmocka_unit_test(the_confirmed_plan_makes_no_room),
		cmocka_unit_test(a_unit_is_written_again_and_again),
		cmocka_unit_test(what_stays_is_known_or_said_to_be_unknown),
		cmocka_unit_test(settings_on_their_way_back_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
