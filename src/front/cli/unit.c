/* The commands that work on one unit. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"
#include "image/read.h"
#include "job/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An option's text, whole or not at all. */
static bool unit_text(char *ret, size_t size, const char *option, const char *value,
		      struct fm_error *err)
{
	if (value && strlen(value) >= size)
		return fm_fail(err, FM_USAGE, "--%s takes at most %zu characters", option,
			       size - 1);
	fm_text_copy(ret, size, value ? value : "");
	return true;
}

/* --format and --replace mean other things for other commands: here what they say of a job. */
static bool unit_shared_choices(struct fm_cli *cli, enum fm_verb verb, struct fm_error *err)
{
	struct fm_choices *choices = &cli->options.choices;
	const char *format = cli->options.format;
	enum fm_choice meant = verb == FM_VERB_BACKUP ? FM_CHOICE_SAVE_FORMAT : FM_CHOICE_FORMAT;

	if (format && !fm_choices_set(choices, meant, FM_FROM_COMMAND, format, err))
		return false;
	return !cli->options.replace ||
	       fm_choices_set(choices, FM_CHOICE_REPLACE, FM_FROM_COMMAND, "yes", err);
}

/* What all of them set alike. */
static bool unit_request(struct fm_cli *cli, enum fm_verb verb, struct fm_job_request *ret,
			 struct fm_error *err)
{
	const struct fm_cli_options *options = &cli->options;

	*ret = (struct fm_job_request){ .verb = verb, .number = 1 };
	ret->state_folder = cli->state_folder;
	if (!unit_shared_choices(cli, verb, err) ||
	    !fm_choices_apply(&cli->options.choices, verb, ret, &cli->chosen, err))
		return false;
	ret->dry_run = options->dry_run;
	return fm_cli_answers(cli, ret, err) &&
	       unit_text(ret->backup_path, sizeof(ret->backup_path), "output", options->output,
			 err);
}

/* Of a file that may not be there yet. malloc'd; NULL = nobody knows. */
static char *unit_real_path(const char *path)
{
	FM_FREE char *above = strdup(path), *last = strdup(path), *folder = NULL;
	char *real = realpath(path, NULL);

	if (real || !above || !last)
		return real;
	folder = realpath(dirname(above), NULL);
	if (folder && asprintf(&real, "%s/%s", folder, basename(last)) < 0)
		real = NULL;
	return real;
}

/* For the record: where it lies for everybody, not only from here. */
static void unit_remember_file(struct fm_job_request *request, const char *path)
{
	FM_FREE char *real = unit_real_path(path);
	const char *whole = real ? real : path;
	size_t len = strlen(whole), most = sizeof(request->file) - 1;
	bool cut = len > most; /* its name says more than its folder */

	snprintf(request->file, sizeof(request->file), "%s%s", cut ? "..." : "",
		 cut ? whole + len - (most - 3) : whole);
	fm_text_clean(request->file);
}

/* Before it is read, so that a change meanwhile is seen. */
static void unit_look_at_file(struct fm_job_request *request, const char *path)
{
	struct fm_job_file *file = &request->on_disk;

	if (!*file->path && strlen(path) < sizeof(file->path) && fm_host_stamp(path, &file->stamp))
		fm_text_copy(file->path, sizeof(file->path), path);
}

static bool unit_file(struct fm_cli *cli, struct fm_job_request *request, struct fm_image *image,
		      struct fm_error *err)
{
	const char *path = cli->options.firmware;

	if (cli->argc && path)
		return fm_fail(err, FM_USAGE, "two files are named: %s and %s", path, cli->argv[0]);
	if (cli->argc)
		path = cli->argv[0];
	if (!path)
		return fm_fail(err, FM_USAGE, "which file? name it after the command");
	unit_look_at_file(request, path);
	/* Read once: what is proved is what is written. */
	if (!fm_cli_firmware(cli, path, request, image, err))
		return false;
	fm_cli_trust(cli, path, request);
	unit_remember_file(request, path);
	fm_text_copy(request->on_disk.sha256, sizeof(request->on_disk.sha256), cli->package.sha256);
	request->image = image;
	return true;
}

bool fm_cli_info(struct fm_cli *cli, struct fm_error *err)
{
	FM_CLEANUP(fm_cli_outcome_done) struct fm_cli_outcome outcome = { 0 };
	struct fm_job_request request;

	fm_cli_store_if_any(cli);
	if (!unit_request(cli, FM_VERB_INFO, &request, err) || !fm_cli_select(cli, &request, err) ||
	    !fm_cli_run_job(cli, &request, &outcome, err))
		return false;
	if (outcome.end.code != FM_OK) {
		*err = outcome.end.error;
		err->code = outcome.end.code;
		return false;
	}
	if (cli->options.json)
		return true;
	printf("model         %s\nport          %s\n", request.model, request.port);
	if (*request.slot)
		printf("slot          %s\n", request.slot);
	if (*outcome.loader)
		printf("answered by   %s\n", outcome.loader);
	if (*outcome.chip)
		printf("chip          %s\n", outcome.chip);
	for (size_t i = 0; i < outcome.identity.count; i++) {
		const struct fm_fact *fact = &outcome.identity.facts[i];

		printf("%-13s %s  (%s)\n", fm_fact_name(fact->kind), fact->value, fact->source);
	}
	for (size_t i = 0; i < outcome.memory.count; i++) {
		const struct fm_region *region = &outcome.memory.regions[i];

		printf("region        %-12s %-7s 0x%08" PRIx64 "-0x%08" PRIx64 "  %s\n",
		       region->name, fm_space_name(region->range.space), region->range.addr,
		       region->range.addr + region->range.len - 1,
		       fm_cli_region_use(region->flags));
	}
	return true;
}

bool fm_cli_blink(struct fm_cli *cli, struct fm_error *err)
{
	FM_CLEANUP(fm_cli_outcome_done) struct fm_cli_outcome outcome = { 0 };
	struct fm_job_request request;

	fm_cli_store_if_any(cli);
	if (!unit_request(cli, FM_VERB_BLINK, &request, err) ||
	    !fm_cli_select(cli, &request, err) || !fm_cli_run_job(cli, &request, &outcome, err))
		return false;
	if (outcome.end.code == FM_OK)
		return true;
	*err = outcome.end.error;
	err->code = outcome.end.code;
	return false;
}

bool fm_cli_check(struct fm_cli *cli, struct fm_error *err)
{
	FM_CLEANUP(fm_cli_outcome_done) struct fm_cli_outcome outcome = { 0 };
	FM_IMAGE_DONE struct fm_image image;
	struct fm_job_request request;

	fm_image_init(&image);
	fm_cli_store_if_any(cli);
	if (!unit_request(cli, FM_VERB_CHECK, &request, err) ||
	    !unit_file(cli, &request, &image, err) || !fm_cli_select(cli, &request, err))
		return false;
	fm_cli_notes(cli, &request);
	if (!fm_cli_run_job(cli, &request, &outcome, err))
		return false;
	if (!cli->options.json) {
		for (size_t i = 0; i < outcome.rule_count; i++)
			fm_cli_rule(stdout, &outcome.rules[i]);
		for (size_t i = 0; i < outcome.host_count; i++)
			fm_cli_host(stdout, &outcome.host[i]);
		for (size_t i = 0; i < outcome.asked_count; i++)
			fm_cli_asked(stdout, &outcome.asked[i]);
		if (outcome.rule_count)
			printf("VERDICT %s\n",
			       fm_verdict_name(fm_verdict_of(outcome.rules, outcome.rule_count)));
	}
	if (outcome.end.code == FM_OK)
		return true;
	*err = outcome.end.error;
	err->code = outcome.end.code;
	fm_cli_offer_path(&request, &outcome.identity, err);
	return false;
}

/* May it be asked, or was it answered already? Before anything is opened. */
static bool unit_may_start(const struct fm_cli *cli, struct fm_error *err)
{
	if (cli->options.yes || cli->options.dry_run)
		return true;
	if (fm_cli_may_ask(cli))
		return true;
	fm_fail(err, FM_USAGE, "this changes the unit, and nobody is there to be asked");
	return fm_hint(
		err,
		"give -y/--yes to start without the question, or -n/--dry-run to see the plan");
}

/* Show the plan and ask; the job that follows runs this plan on this unit, or not at all. */
static bool unit_plan_first(struct fm_cli *cli, struct fm_job_request *request, const char *word,
			    struct fm_error *err)
{
	FM_CLEANUP(fm_cli_outcome_done) struct fm_cli_outcome outcome = { 0 };
	FM_IMAGE_DONE struct fm_image image;
	struct fm_job_request first = *request;

	fm_image_init(&image);
	first.dry_run = true;
	/* a dry run is not recorded, but backups are found in the records */
	first.store = cli->store;
	if (request->image && !unit_file(cli, &first, &image, err))
		return false;
	if (!fm_cli_run_job(cli, &first, &outcome, err))
		return false;
	if (outcome.end.code != FM_OK) {
		*err = outcome.end.error;
		err->code = outcome.end.code;
		fm_cli_offer_path(&first, &outcome.identity, err);
		return false;
	}
	memcpy(request->plan_sha256, outcome.plan_sha256, FM_SHA256_TEXT);
	request->expected = outcome.identity;
	request->seen = outcome.at;
	return fm_cli_ask_start(cli, request, &outcome, word, err);
}

static bool unit_change(struct fm_cli *cli, struct fm_job_request *request, const char *word,
			struct fm_error *err)
{
	FM_CLEANUP(fm_cli_outcome_done) struct fm_cli_outcome outcome = { 0 };

	if (request->dry_run)
		fm_cli_store_if_any(cli);
	else if (!fm_cli_store(cli, true, err))
		return fm_cli_fail_before(cli, err);
	request->store = cli->store;
	if (!fm_cli_window(cli, err))
		return fm_cli_fail_before(cli, err);
	if (!fm_cli_select(cli, request, err))
		return fm_cli_fail_before(cli, err);
	fm_cli_notes(cli, request);
	if (!cli->options.yes && !cli->options.dry_run && !unit_plan_first(cli, request, word, err))
		return fm_cli_fail_before(cli, err);
	/* -y answers the question before writing, not those that somebody has to look for */
	if (!fm_cli_ask_person(cli, request, err) || !fm_cli_run_job(cli, request, &outcome, err))
		return fm_cli_fail_before(cli, err);
	if (request->dry_run && outcome.end.code == FM_OK) {
		if (cli->options.json)
			fm_cli_json(json_pack("{s:s, s:s}", "text", outcome.plan, "sha256",
					      outcome.plan_sha256),
				    "plan_text");
		else
			printf("%splan\n  sha256 %s\n", outcome.plan, outcome.plan_sha256);
		return true;
	}
	return fm_cli_job_end(cli, request, &outcome, err);
}

bool fm_cli_flash(struct fm_cli *cli, struct fm_error *err)
{
	FM_IMAGE_DONE struct fm_image image;
	struct fm_job_request request;

	fm_image_init(&image);
	if (!unit_request(cli, FM_VERB_FLASH, &request, err) || !unit_may_start(cli, err) ||
	    !unit_file(cli, &request, &image, err))
		return fm_cli_fail_before(cli, err);
	return unit_change(cli, &request, "FLASH", err);
}

bool fm_cli_erase(struct fm_cli *cli, struct fm_error *err)
{
	struct fm_job_request request;

	if (!unit_request(cli, FM_VERB_ERASE, &request, err) || !unit_may_start(cli, err))
		return fm_cli_fail_before(cli, err);
	return unit_change(cli, &request, "ERASE", err);
}

#define UNIT_HASH_LEAST 8 /* digits; fewer are a record's number */

/* "17": all that this job stored; else how the hash of one begins. */
static bool unit_backup_named(const struct fm_cli *cli, struct fm_job_request *request,
			      struct fm_error *err)
{
	const char *name = cli->argc ? cli->argv[0] : "";
	size_t len = strlen(name);

	if (len == 0)
		return true;
	if (len < UNIT_HASH_LEAST && strspn(name, "0123456789") == len) {
		request->restore_job = strtoll(name, NULL, 10);
		return request->restore_job > 0 ||
		       fm_fail(err, FM_USAGE, "records are numbered from 1");
	}
	if (len < UNIT_HASH_LEAST || len >= FM_SHA256_TEXT ||
	    strspn(name, "0123456789abcdef") != len) {
		fm_fail(err, FM_USAGE, "'%s' is neither a record's number nor a SHA-256", name);
		return fm_hint(err, "'flashmend history backups' shows both; eight digits of the "
				    "hash are enough");
	}
	fm_text_copy(request->restore_sha256, sizeof(request->restore_sha256), name);
	return true;
}

bool fm_cli_restore(struct fm_cli *cli, struct fm_error *err)
{
	struct fm_job_request request;

	if (!unit_request(cli, FM_VERB_RESTORE, &request, err) ||
	    !unit_backup_named(cli, &request, err) || !unit_may_start(cli, err))
		return fm_cli_fail_before(cli, err);
	return unit_change(cli, &request, "RESTORE", err);
}

bool fm_cli_rollback(struct fm_cli *cli, struct fm_error *err)
{
	struct fm_job_request request;

	if (!unit_request(cli, FM_VERB_ROLLBACK, &request, err) || !unit_may_start(cli, err))
		return fm_cli_fail_before(cli, err);
	return unit_change(cli, &request, "ROLLBACK", err);
}

/* verify and backup: recorded, but nothing to confirm. */
static bool unit_read(struct fm_cli *cli, struct fm_job_request *request, struct fm_error *err)
{
	FM_CLEANUP(fm_cli_outcome_done) struct fm_cli_outcome outcome = { 0 };

	if (!fm_cli_store(cli, true, err) || !fm_cli_select(cli, request, err))
		return fm_cli_fail_before(cli, err);
	request->store = cli->store;
	if (!fm_cli_run_job(cli, request, &outcome, err))
		return fm_cli_fail_before(cli, err);
	return fm_cli_job_end(cli, request, &outcome, err);
}

bool fm_cli_verify(struct fm_cli *cli, struct fm_error *err)
{
	FM_IMAGE_DONE struct fm_image image;
	struct fm_job_request request;

	fm_image_init(&image);
	if (!unit_request(cli, FM_VERB_VERIFY, &request, err) ||
	    !unit_file(cli, &request, &image, err))
		return fm_cli_fail_before(cli, err);
	return unit_read(cli, &request, err);
}

/* Before a minute of reading: can the file be made at all? */
static bool unit_backup_target(const struct fm_job_request *request, struct fm_error *err)
{
	const char *path = request->backup_path;
	FM_FREE char *copy = strdup(path);

	if (!fm_save_may_be(path, request->backup_replace, err))
		return false;
	if (copy && access(dirname(copy), W_OK | X_OK) != 0)
		return fm_fail_os(err, FM_FILE_WRITE, errno, "%s", copy);
	return true;
}

bool fm_cli_backup(struct fm_cli *cli, struct fm_error *err)
{
	struct fm_job_request request;

	if (!unit_request(cli, FM_VERB_BACKUP, &request, err))
		return fm_cli_fail_before(cli, err);
	if (!cli->options.output && fm_choices_text(&cli->options.choices, FM_CHOICE_SAVE_FORMAT)) {
		fm_fail(err, FM_USAGE,
			"a backup in the store has no format: name a file with "
			"-o/--output");
		return fm_cli_fail_before(cli, err);
	}
	if (!cli->options.output)
		return unit_read(cli, &request, err);
	if (!unit_backup_target(&request, err))
		return fm_cli_fail_before(cli, err);
	unit_remember_file(&request, request.backup_path);
	return unit_read(cli, &request, err);
}
