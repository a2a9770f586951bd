/* Records of jobs. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/row/tally.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_HASH_LEAST 16 /* digits of a hash that nobody makes up another record for */

json_t *fm_cli_history_json(const struct fm_record *record)
{
	json_t *object = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s}",
				   "id", (json_int_t)record->id, "verb", record->verb, "model",
				   record->model, "port", record->port, "unit", record->unit,
				   "result", record->outcome, "code", record->code, "unit_state",
				   record->unit_state, "start", record->start_utc, "end",
				   record->end_utc, "text", record->text, "next", record->hint);

	json_object_update_new(
		object, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
				  "chip", record->chip, "boot_loader", record->loader, "file",
				  record->file, "file_sha256", record->file_sha256, "plan_sha256",
				  record->plan_sha256, "version_before", record->version_before,
				  "version_after", record->version_after, "version_expected",
				  record->version_expected, "allowed", record->allowed, "verify",
				  record->verify, "backup", record->backup, "kept", record->kept));
	json_object_update_new(object,
			       json_pack("{s:I, s:I, s:I, s:I, s:i}", "bytes_written",
					 (json_int_t)record->bytes_written, "bytes_verified",
					 (json_int_t)record->bytes_verified, "bytes_blank_proved",
					 (json_int_t)record->bytes_blank_proved, "bytes_not_tested",
					 (json_int_t)record->bytes_not_tested, "retries",
					 (int)record->retries));
	json_object_update_new(
		object, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "operator",
				  record->operator_name, "station", record->station, "ticket",
				  record->ticket, "tool_version", record->tool_version,
				  "last_phase", record->last_phase, "hash", record->hash,
				  "previous", record->previous, "slot", record->slot));
	json_object_update_new(object,
			       json_pack("{s:s, s:s, s:s, s:s}", "answers", record->answers,
					 "post_checks", record->post_checks, "options",
					 record->options, "not_tested", record->not_tested));
	return object;
}

static bool history_limit(const struct fm_cli *cli, int64_t *ret_limit, struct fm_error *err)
{
	char *end;

	*ret_limit = 0;
	if (!cli->options.limit)
		return true;
	errno = 0;
	*ret_limit = strtoll(cli->options.limit, &end, 10);
	return (!errno && end != cli->options.limit && !*end && *ret_limit > 0) ||
	       fm_fail(err, FM_USAGE, "--limit takes a number above 0, not '%s'",
		       cli->options.limit);
}

/* -d as it is given to the other commands; `place` has room for a unit's place on USB. */
static const char *history_port(const struct fm_cli *cli, char *place, size_t size)
{
	const char *device = cli->options.device;

	if (device && strncmp(device, "slot:", 5) == 0)
		return NULL;
	if (device && strncmp(device, "port:", 5) == 0)
		return device + 5;
	if (!device || (strncmp(device, "usb:", 4) != 0 && !isdigit((unsigned char)*device)))
		return device;
	snprintf(place, size, "usb %s", device + (*device == 'u' ? 4 : 0));
	return place;
}

/* --slot, or -d slot:NAME. */
static const char *history_slot(const struct fm_cli *cli)
{
	const char *device = cli->options.device;

	if (cli->options.slot)
		return cli->options.slot;
	return device && strncmp(device, "slot:", 5) == 0 ? device + 5 : NULL;
}

static void history_row(const struct fm_record *record)
{
	printf("%5lld  %.16s  %-8s %-7s %-16s %s > %s", (long long)record->id, record->start_utc,
	       record->verb, fm_cli_or_dash(record->outcome), record->model,
	       fm_cli_or_dash(record->version_before), fm_cli_or_dash(record->version_after));
	if (record->code)
		printf("  E%d, %s", record->code, fm_cli_or_dash(record->unit_state));
	if (*record->slot)
		printf("  slot %s", record->slot);
	putchar('\n');
}

/* Records have the definition's own id; a person may name one of its others. */
static const char *history_model(struct fm_cli *cli)
{
	const struct fm_entry *entry;
	struct fm_error err;

	if (!cli->options.model || !fm_cli_catalog(cli, &err))
		return cli->options.model;
	entry = fm_catalog_find(cli->catalog, cli->options.model);
	return entry ? entry->id : cli->options.model;
}

bool fm_cli_history_records(struct fm_cli *cli, struct fm_record **ret, size_t *ret_count,
			    struct fm_error *err)
{
	char place[64], since[32], until[32];
	struct fm_history_filter filter = {
		.model = history_model(cli),
		.unit = cli->options.unit,
		.port = history_port(cli, place, sizeof(place)),
		.outcome = cli->options.result,
		.slot = history_slot(cli),
	};

	*ret = NULL;
	*ret_count = 0;
	if (cli->options.device && strncmp(cli->options.device, "serial:", 7) == 0)
		return fm_fail(err, FM_USAGE,
			       "records know a unit by its unique id: --unit=ID, "
			       "not by a serial number");
	if (!history_limit(cli, &filter.newest, err) ||
	    !fm_choice_time_utc("since", cli->options.since, since, err) ||
	    !fm_choice_time_utc("until", cli->options.until, until, err) ||
	    !fm_cli_store(cli, false, err))
		return false;
	filter.since = *since ? since : NULL;
	filter.until = *until ? until : NULL;
	return fm_store_list(cli->store, &filter, ret, ret_count, err);
}

bool fm_cli_history_list(struct fm_cli *cli, struct fm_error *err)
{
	FM_FREE struct fm_record *records = NULL;
	size_t count = 0;

	if (!fm_cli_history_records(cli, &records, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct fm_record *record = &records[i];

		if (cli->options.json)
			fm_cli_json(fm_cli_history_json(record), "record");
		else
			history_row(record);
	}
	if (count == 0)
		fm_cli_message(cli, "no records");
	return true;
}

static void history_tally_row(const struct fm_cli *cli, const struct fm_tally *tally,
			      const char *kind)
{
	int yield = fm_tally_yield(tally);
	char codes[160], percent[16] = "-";

	fm_tally_codes(tally, codes, sizeof(codes));
	if (cli->options.json) {
		json_t *list = json_array();

		for (size_t i = 0; i < FM_TALLY_CODES && tally->codes[i].count; i++)
			json_array_append_new(list, json_pack("{s:i, s:I}", "code",
							      tally->codes[i].code, "count",
							      (json_int_t)tally->codes[i].count));
		fm_cli_json(json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:I}",
				      tally->by_port ? "port" : kind, tally->name, "model",
				      tally->model, "newest", tally->newest, "jobs",
				      (json_int_t)tally->jobs, "pass", (json_int_t)tally->passed,
				      "fail", (json_int_t)tally->failed, "unclear",
				      (json_int_t)tally->unclear, "yield",
				      yield < 0 ? json_null() : json_integer(yield), "codes", list,
				      "other_codes", (json_int_t)tally->more_codes),
			    "tally");
		return;
	}
	if (yield >= 0)
		snprintf(percent, sizeof(percent), "%d %%", yield);
	printf("%-26s %5s %5zu %5zu %5zu %5zu  %.10s  %s\n", tally->name, percent, tally->passed,
	       tally->failed, tally->unclear, tally->jobs, tally->newest, codes);
}

static bool history_tally(struct fm_cli *cli, enum fm_tally_by by, const char *kind,
			  struct fm_error *err)
{
	FM_FREE struct fm_record *records = NULL;
	FM_FREE struct fm_tally *tally = NULL;
	size_t record_count = 0, count = 0;

	if (!fm_cli_history_records(cli, &records, &record_count, err) ||
	    !fm_tally_make(records, record_count, by, &tally, &count, err))
		return false;
	if (count && !cli->options.json)
		printf("%-26s %5s %5s %5s %5s %5s  %-10s  %s\n",
		       by == FM_TALLY_SLOT ? "SLOT" : "UNIT", "YIELD", "PASS", "FAIL", "UNCL",
		       "JOBS", "NEWEST", "CODES");
	for (size_t i = 0; i < count; i++)
		history_tally_row(cli, &tally[i], kind);
	if (count == 0)
		fm_cli_message(cli, "no records");
	return true;
}

bool fm_cli_history_units(struct fm_cli *cli, struct fm_error *err)
{
	return history_tally(cli, FM_TALLY_UNIT, "unit", err);
}

bool fm_cli_history_slots(struct fm_cli *cli, struct fm_error *err)
{
	return history_tally(cli, FM_TALLY_SLOT, "slot", err);
}

static void history_backup_row(const struct fm_cli *cli, const struct fm_backup *backup)
{
	if (cli->options.json) {
		fm_cli_json(json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s}",
				      "job", (json_int_t)backup->job, "sha256", backup->sha256,
				      "kind", backup->kind, "model", backup->model, "unit",
				      backup->unit, "port", backup->port, "address",
				      (json_int_t)backup->addr, "length", (json_int_t)backup->len,
				      "space", backup->space, "region", backup->region, "made",
				      backup->made_utc),
			    "backup");
		return;
	}
	printf("%5lld  %.16s  %.16s  %-13s %-16s %s 0x%08llx, %llu bytes, %s\n",
	       (long long)backup->job, backup->made_utc, backup->sha256, backup->kind,
	       backup->model, backup->region, (unsigned long long)backup->addr,
	       (unsigned long long)backup->len, *backup->unit ? backup->unit : backup->port);
}

bool fm_cli_history_backups(struct fm_cli *cli, struct fm_error *err)
{
	struct fm_backup_filter filter = { .model = history_model(cli), .unit = cli->options.unit };
	FM_FREE struct fm_backup *backups = NULL;
	size_t count = 0;

	if (!fm_cli_store(cli, false, err) ||
	    !fm_store_backups(cli->store, &filter, &backups, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		history_backup_row(cli, &backups[i]);
	if (count == 0)
		fm_cli_message(cli, "no backups");
	return true;
}

static void history_line(const char *name, const char *value)
{
	if (*value)
		printf("%-16s %s\n", name, value);
}

static void history_print(const struct fm_record *record)
{
	printf("%-16s %lld\n", "record", (long long)record->id);
	history_line("job", record->verb);
	history_line("result", *record->outcome ? record->outcome : "not ended");
	if (record->code)
		printf("%-16s E%d %s\n", "error", record->code, record->text);
	history_line("next", record->hint);
	history_line("unit state", record->unit_state);
	history_line("model", record->model);
	history_line("port", record->port);
	history_line("slot", record->slot);
	history_line("unit", record->unit);
	history_line("chip", record->chip);
	history_line("boot loader", record->loader);
	history_line("file", record->file);
	history_line("options", record->options);
	history_line("file sha256", record->file_sha256);
	history_line("plan sha256", record->plan_sha256);
	history_line("version before", record->version_before);
	history_line("version wanted", record->version_expected);
	history_line("version after", record->version_after);
	history_line("accepted", record->allowed);
	history_line("answered", record->answers);
	printf("%-16s %llu written, %llu proved by %s, %llu %snot tested, %u retries\n", "bytes",
	       (unsigned long long)record->bytes_written,
	       (unsigned long long)record->bytes_verified, fm_cli_or_dash(record->verify),
	       (unsigned long long)record->bytes_not_tested,
	       strcmp(record->verify, "readback") == 0 ? "blank " : "", record->retries);
	history_line("untested", record->not_tested);
	history_line("backup", record->backup);
	history_line("settings", record->kept);
	history_line("post-checks", record->post_checks);
	history_line("operator", record->operator_name);
	history_line("station", record->station);
	history_line("ticket", record->ticket);
	history_line("begun", record->start_utc);
	history_line("ended", record->end_utc);
	history_line("flashmend", record->tool_version);
	history_line("hash", record->hash);
	history_line("hash before", record->previous);
}

bool fm_cli_history_show(struct fm_cli *cli, struct fm_error *err)
{
	FM_FREE struct fm_phase_record *phases = NULL;
	struct fm_record record;
	json_t *object, *list;
	size_t count;
	char *end;
	int64_t id;

	id = cli->argc ? strtoll(cli->argv[0], &end, 10) : 0;
	if (cli->argc < 1 || *end || id < 1)
		return fm_fail(err, FM_USAGE,
			       "which record? 'flashmend history list' shows their numbers");
	if (!fm_cli_store(cli, false, err) ||
	    !fm_store_get(cli->store, id, &record, &phases, &count, err))
		return false;
	if (!cli->options.json) {
		history_print(&record);
		for (size_t i = 0; i < count; i++)
			printf("phase            %-9s %s  %s%s%s\n", phases[i].phase,
			       phases[i].begin_utc,
			       !*phases[i].end_utc ? "NEVER ENDED"
			       : phases[i].code    ? "failed"
						   : "done",
			       *phases[i].detail ? "  " : "", phases[i].detail);
		return true;
	}
	object = fm_cli_history_json(&record);
	list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:i}", "phase", phases[i].phase,
						"begin", phases[i].begin_utc, "end",
						phases[i].end_utc, "code", phases[i].code));
	json_object_set_new(object, "phases", list);
	fm_cli_json(object, "record");
	return true;
}

/* --after, as the store has it; "" = not given. */
static bool history_after(const struct fm_cli *cli, char ret_hash[FM_SHA256_TEXT],
			  struct fm_error *err)
{
	const char *hash = cli->options.after ? cli->options.after : "";
	size_t len = strlen(hash);

	ret_hash[0] = '\0';
	if (!cli->options.after)
		return true;
	if (len < HISTORY_HASH_LEAST || len >= FM_SHA256_TEXT ||
	    strspn(hash, "0123456789abcdefABCDEF") != len)
		return fm_fail(err, FM_USAGE,
			       "--after takes the hash of a record, %d to %d hexadecimal digits of "
			       "it, not '%s'",
			       HISTORY_HASH_LEAST, FM_SHA256_TEXT - 1, hash);
	for (size_t i = 0; i <= len; i++)
		ret_hash[i] = (char)tolower((unsigned char)hash[i]);
	return true;
}

/* Records that were cut off at the end leave nothing behind: only who has kept a hash can tell. */
static bool history_holds(const struct fm_cli *cli, const char *hash, int64_t *ret_id,
			  struct fm_error *err)
{
	*ret_id = 0;
	if (!*hash)
		return true;
	if (fm_store_holds(cli->store, hash, ret_id, err))
		return true;
	return err->code == FM_CHAIN && fm_hint(err, "Older records may have been put in place of "
						     "these: keep a copy of the database");
}

bool fm_cli_history_verify(struct fm_cli *cli, struct fm_error *err)
{
	char after[FM_SHA256_TEXT], hash[FM_SHA256_TEXT] = "";
	int64_t newest = 0, held;
	size_t checked = 0;

	if (!history_after(cli, after, err) || !fm_cli_store(cli, false, err))
		return false;
	if (!fm_store_verify(cli->store, &checked, err) ||
	    !fm_store_newest(cli->store, &newest, hash, err) ||
	    !history_holds(cli, after, &held, err))
		return false;
	if (cli->options.json) {
		fm_cli_json(json_pack("{s:I, s:I, s:s, s:I}", "checked", (json_int_t)checked,
				      "newest", (json_int_t)newest, "hash", hash, "after",
				      (json_int_t)held),
			    "chain");
		return true;
	}
	printf("%zu records, the chain is whole\n", checked);
	if (held)
		printf("record %" PRId64 " has the hash that was given\n", held);
	if (newest)
		printf("newest record %" PRId64 ", hash %s:\n"
		       "keep it elsewhere to prove later, with --after, that none was cut off\n",
		       newest, hash);
	return true;
}
