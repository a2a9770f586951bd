#include "state.h"

#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/tui/actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fm_entry state_gateway = {
	.kind = FM_DEVICE_BOARD, .id = "acme-gx2", .vendor = "ACME", .name = "GX2 gateway"
};
static const struct fm_entry state_rom = { .kind = FM_DEVICE_FAMILY,
					   .id = "stm32-dfu",
					   .vendor = "STMicroelectronics",
					   .name = "STM32 in DFU mode" };

static struct fm_seen state_usb(const char *path, const char *serial, enum fm_mode mode)
{
	struct fm_seen seen = { .vid = 0x1209,
				.pid = 0x0001,
				.present = true,
				.access = true,
				.settled = true,
				.models = { &state_gateway },
				.model_count = 1,
				.model_total = 1,
				.mode = mode };

	snprintf(seen.path, sizeof(seen.path), "usb %s", path);
	fm_text_copy(seen.usb_path, sizeof(seen.usb_path), path);
	fm_text_copy(seen.serial, sizeof(seen.serial), serial);
	fm_text_copy(seen.description, sizeof(seen.description), "ACME GX2 gateway");
	return seen;
}

struct fm_seen state_port(const char *path, const char *serial)
{
	struct fm_seen seen = state_usb("", serial, FM_MODE_APPLICATION);

	seen.vid = seen.pid = -1;
	seen.added = true;
	fm_text_copy(seen.path, sizeof(seen.path), path);
	fm_text_copy(seen.description, sizeof(seen.description), "added by hand");
	return seen;
}

uint64_t state_attach(struct fm_ui *ui, const struct fm_seen *seen, const char *state,
		      const char *version)
{
	static const char *const modes[] = { "app", "boot", "rom" };
	struct fm_row row = { .state = state, .mode = *seen->usb_path ? modes[seen->mode] : "" };

	fm_text_copy(row.model, sizeof(row.model), seen->model_total ? seen->models[0]->id : "?");
	fm_text_copy(row.version, sizeof(row.version), version);
	fm_text_copy(row.unit, sizeof(row.unit), seen->serial);
	fm_ui_unit_event(ui, FM_TRACK_ATTACHED, seen, &row);
	for (size_t i = 0; i < ui->unit_count; i++) {
		if (strcmp(ui->units[i].seen.path, seen->path) == 0 && !ui->units[i].left)
			return ui->units[i].id;
	}
	return 0;
}

void state_empty(struct fm_ui *ui)
{
	fm_ui_init(ui);
	ui->now_ns = 100 * STATE_S;
	fm_text_copy(ui->clock, sizeof(ui->clock), "14:02:59");
	fm_text_copy(ui->host_name, sizeof(ui->host_name), "bench-07");
	fm_text_copy(ui->folder, sizeof(ui->folder), "/home/tech/firmware");
}

static void state_files(struct fm_ui *ui)
{
	static const struct fm_ui_file files[] = {
		{ .path = "/home/tech/firmware/gx2-3.6.0.hex",
		  .name = "gx2-3.6.0.hex",
		  .date = "2026-01-14",
		  .len = 1793000,
		  .size = 1793000,
		  .sha256 = "9f2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a",
		  .format = "ihex",
		  .version = "3.6.0" },
		{ .path = "/home/tech/firmware/gx2c.uf2",
		  .name = "gx2c.uf2",
		  .date = "2026-01-14",
		  .len = 40960,
		  .size = 40960,
		  .sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		  .format = "uf2",
		  .says = "UF2 family 0xe48bff56" },
		{ .path = "/home/tech/firmware/torn.hex",
		  .name = "torn.hex",
		  .date = "2025-12-01",
		  .len = 812,
		  .size = 812,
		  .problem = { .code = FM_FILE_FORMAT,
			       .text = "torn.hex:17: the line ends in the middle of a record" } },
		{ .path = "/home/tech/firmware/valve-2.0.0.cab",
		  .name = "valve-2.0.0.cab",
		  .date = "2026-01-31",
		  .len = 6650,
		  .size = 6650,
		  .sha256 = "ca2fd73551af898eca2fd73551af898eca2fd73551af898eca2fd73551af898e",
		  .format = "cab",
		  .version = "2.0.0",
		  .urgency = "critical",
		  .says = "Valve, by ACME",
		  .notes = "Closes slowly: no more water hammer in long pipes, wherever they end, "
			   "and however often it is opened and closed.\nNeeds 1.1.0 at least.\n" },
	};

	ui->files = malloc(sizeof(files));
	memcpy(ui->files, files, sizeof(files));
	ui->file_count = FM_COUNT(files);
}

static void state_records(struct fm_ui *ui)
{
	static const struct fm_record records[] = {
		{ .id = 2,
		  .verb = "flash",
		  .model = "acme-gx2",
		  .port = "usb 1-1.2",
		  .unit = "GX2-0041877",
		  .file = "/home/tech/firmware/gx2-3.6.0.hex",
		  .start_utc = "2026-01-20T13:40:11.000Z",
		  .end_utc = "2026-01-20T13:41:00.000Z",
		  .outcome = "UNCLEAR",
		  .code = 414,
		  .text = "usb 1-1.2 vanished",
		  .unit_state = "partial",
		  .version_before = "3.4.1" },
		{ .id = 1,
		  .verb = "flash",
		  .model = "acme-gx2",
		  .port = "usb 1-1.2",
		  .unit = "GX2-0041877",
		  .file = "/home/tech/firmware/gx2-3.4.1.hex",
		  .start_utc = "2025-11-02T09:12:00.000Z",
		  .end_utc = "2025-11-02T09:13:00.000Z",
		  .outcome = "PASS",
		  .unit_state = "verified",
		  .version_before = "3.2.0",
		  .version_after = "3.4.1",
		  .bytes_written = 98304,
		  .bytes_verified = 98304,
		  .verify = "readback",
		  .backup = "firmware, configuration",
		  .operator_name = "mk" },
	};
	static const struct fm_phase_record phases[] = {
		{ .phase = "enter", .begin_utc = "x", .end_utc = "x" },
		{ .phase = "erase", .begin_utc = "x", .end_utc = "x" },
		{ .phase = "write", .begin_utc = "x", .end_utc = "x", .code = 414 },
	};

	ui->records = malloc(sizeof(records));
	memcpy(ui->records, records, sizeof(records));
	ui->record_count = 2;
	ui->record_phases = malloc(sizeof(phases));
	memcpy(ui->record_phases, phases, sizeof(phases));
	ui->record_phase_count = 3;
}

void state_backups(struct fm_ui *ui)
{
	static const struct fm_backup backups[] = {
		{ .job = 12,
		  .sha256 = "5f2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a",
		  .kind = "firmware",
		  .region = "application",
		  .space = "flash",
		  .addr = 0x08000000,
		  .len = 98304,
		  .made_utc = "2026-01-20T13:40:12.000Z",
		  .model = "acme-gx2",
		  .unit = "GX2-0041877",
		  .port = "usb 1-1.2" },
		{ .job = 12,
		  .sha256 = "71aa4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a",
		  .kind = "configuration",
		  .region = "settings",
		  .space = "flash",
		  .addr = 0x0801f000,
		  .len = 4096,
		  .made_utc = "2026-01-20T13:40:13.000Z",
		  .model = "acme-gx2",
		  .unit = "GX2-0041877",
		  .port = "usb 1-1.2" },
	};

	ui->backups = malloc(sizeof(backups));
	memcpy(ui->backups, backups, sizeof(backups));
	ui->backup_count = FM_COUNT(backups);
}

void state_choose(struct fm_ui *ui, enum fm_choice choice, enum fm_choice_from from,
		  const char *text)
{
	struct fm_error err = { 0 };

	if (!fm_choices_set(&fm_ui_unit(ui, ui->unit)->choices, choice, from, text, &err))
		fail_msg("%s", err.text);
}

void state_bench(struct fm_ui *ui)
{
	struct fm_seen seen, leaving;

	state_empty(ui);
	seen = state_usb("1-1.4", "3276355A3038", FM_MODE_ROM);
	seen.models[0] = &state_rom;
	state_attach(ui, &seen, "RESCUE!", "");
	seen = state_usb("1-1.2", "GX2-0041877", FM_MODE_APPLICATION);
	ui->now_ns += 24 * STATE_S;
	state_attach(ui, &seen, "READY", "3.4.1");
	seen = state_usb("1-1.3", "GX2-0041902", FM_MODE_BOOTLOADER);
	state_attach(ui, &seen, "BOOT", "");
	seen = state_port("/dev/ttyUSB0", "");
	seen.access = seen.added = false;
	seen.model_count = seen.model_total = 0;
	state_attach(ui, &seen, "DENIED", "");
	seen = state_port("/dev/ttyACM1", "");
	seen.models[1] = &state_rom;
	seen.model_count = seen.model_total = 2;
	state_attach(ui, &seen, "UNKNOWN", "");
	seen = state_usb("1-2", "31e8b65c5fffb3f0a9dc878e", FM_MODE_APPLICATION);
	state_attach(ui, &seen, "READY", "3.6.0");
	leaving = state_usb("1-1.5", "GX2-0041860", FM_MODE_APPLICATION);
	state_attach(ui, &leaving, "READY", "3.6.0");
	ui->now_ns += 7 * STATE_S;
	fm_ui_unit_event(ui, FM_TRACK_LEFT, &leaving, NULL);
	for (size_t i = 0; i < ui->unit_count; i++) {
		if (strcmp(ui->units[i].seen.usb_path, "1-1.2") == 0)
			ui->selected = ui->unit = ui->units[i].id;
	}
	state_files(ui);
	state_records(ui);
}

static void state_send(struct fm_ui *ui, const struct fm_ui_job *job, struct fm_event *event)
{
	event->job = job->number;
	event->mono_ns = ui->now_ns;
	fm_ui_job_event(ui, event);
}

struct fm_ui_job *state_job(struct fm_ui *ui, uint64_t unit, enum fm_verb verb, const char *path)
{
	struct fm_ui_request request = { .verb = verb, .unit = unit };
	struct fm_ui_job *job;

	fm_text_copy(request.path, sizeof(request.path), path);
	job = fm_ui_job_new(ui, fm_ui_unit(ui, unit), &request);
	if (verb != FM_VERB_CHECK)
		fm_ui_unit(ui, unit)->job = ui->job = job->number;
	return job;
}

void state_phase(struct fm_ui *ui, const struct fm_ui_job *job, enum fm_phase phase)
{
	struct fm_event event = { .kind = FM_EVENT_PHASE_BEGIN, .phase = phase };

	state_send(ui, job, &event);
}

void state_phase_end(struct fm_ui *ui, const struct fm_ui_job *job, enum fm_phase phase,
		     enum fm_code code)
{
	struct fm_event event = { .kind = FM_EVENT_PHASE_END, .phase = phase };

	event.u.error.code = code;
	fm_text_copy(event.u.error.text, sizeof(event.u.error.text), code ? "it did not work" : "");
	state_send(ui, job, &event);
}

void state_progress(struct fm_ui *ui, const struct fm_ui_job *job, enum fm_phase phase,
		    uint64_t done, uint64_t total, uint64_t addr)
{
	struct fm_event event = { .kind = FM_EVENT_PROGRESS,
				  .phase = phase,
				  .u.progress = { done, total, addr } };

	state_send(ui, job, &event);
}

void state_rule(struct fm_ui *ui, const struct fm_ui_job *job, const char *rule,
		enum fm_verdict verdict, const char *file_says, const char *unit_says)
{
	struct fm_event event = { .kind = FM_EVENT_RULE };

	event.u.rule.verdict = verdict;
	fm_text_copy(event.u.rule.rule, sizeof(event.u.rule.rule), rule);
	fm_text_copy(event.u.rule.file_says, sizeof(event.u.rule.file_says), file_says);
	fm_text_copy(event.u.rule.unit_says, sizeof(event.u.rule.unit_says), unit_says);
	state_send(ui, job, &event);
}

void state_end(struct fm_ui *ui, const struct fm_ui_job *job, enum fm_outcome outcome,
	       enum fm_code code, enum fm_unit_state unit_state)
{
	struct fm_event event = { .kind = FM_EVENT_END };

	event.u.end.outcome = outcome;
	event.u.end.code = code;
	event.u.end.unit_state = unit_state;
	event.u.end.changed = unit_state != FM_UNIT_UNTOUCHED;
	if (code != FM_OK)
		fm_fail(&event.u.end.error, code, "0x08001400 holds ff, not 4d");
	if (job->verb == FM_VERB_FLASH && code == FM_OK) {
		event.u.end.bytes_written = event.u.end.bytes_verified = 8192;
		event.u.end.bytes_not_tested = 1024;
		event.u.end.record = 3;
		fm_text_copy(event.u.end.verify, sizeof(event.u.end.verify), "readback");
		fm_text_copy(event.u.end.version_before, 64, "3.4.1");
		fm_text_copy(event.u.end.version_after, 64, "3.6.0");
		fm_text_copy(event.u.end.post_checks, sizeof(event.u.end.post_checks),
			     "self test: 'ok' after 1.2 s");
	}
	state_send(ui, job, &event);
}

/* 8 blocks of the application; beside it calibration and boot loader. */
static void state_fates(struct fm_ui_fates *fates)
{
	struct fm_block blocks[8];
	struct fm_plan plan = { .erase = blocks, .erase_count = 8 };
	struct fm_memory memory = { .regions = { { .name = "application",
						   .range = { FM_SPACE_FLASH, 0x08000000, 122880 },
						   .flags = FM_REGION_WRITE },
						 { .name = "calibration",
						   .range = { FM_SPACE_FLASH, 0x0801e000, 4096 },
						   .flags = FM_REGION_CONFIG |
							    FM_REGION_CALIBRATION },
						 { .name = "bootloader",
						   .range = { FM_SPACE_FLASH, 0x0801f000, 4096 },
						   .flags = FM_REGION_PROTECTED } },
				    .count = 3 };

	for (unsigned i = 0; i < 8; i++)
		blocks[i] = (struct fm_block){ { FM_SPACE_FLASH, 0x08000000 + i * 1024, 1024 }, i };
	fm_ui_fates_make(fates, &plan, &memory);
}

struct fm_ui_job *state_checked(struct fm_ui *ui, enum fm_verdict verdict)
{
	struct fm_ui_job *job = state_job(ui, ui->unit, FM_VERB_CHECK, ui->files[0].path);
	struct fm_event plan = { .kind = FM_EVENT_PLAN };

	fm_text_copy(ui->path, sizeof(ui->path), ui->files[0].path);
	state_rule(ui, job, "model", FM_FITS, "for GX2, GX2-EU", "is GX2-EU");
	state_rule(ui, job, "memory", FM_FITS, "8192 bytes from 0x08000000",
		   "64 KiB may be written there");
	state_rule(ui, job, "version", verdict, "3.6.0",
		   verdict == FM_FITS   ? "runs 3.4.1"
		   : verdict == FM_WARN ? "runs 3.6.0 already: the same version"
					: "runs 3.6.0; it does not take an older one");
	if (verdict == FM_BLOCKED) {
		state_end(ui, job, FM_OUTCOME_NONE, FM_BLOCKED_VERSION, FM_UNIT_UNTOUCHED);
	} else {
		fm_text_copy(plan.u.plan.sha256, sizeof(plan.u.plan.sha256), ui->files[0].sha256);
		state_send(ui, job, &plan);
		job->plan =
			strdup("flash acme-gx2, chip 0410, by stm32-uart\n"
			       "file\n  sha256 9f2c4d5e6f708192\n"
			       "erase flash 0x08000000-0x08001fff  8 x 1024 bytes, blocks 0 to 7\n"
			       "write flash 0x08000000-0x08001fff  32 pages\n");
		state_end(ui, job, FM_OUTCOME_PASS, FM_OK, FM_UNIT_UNTOUCHED);
		fm_text_copy(job->stays, sizeof(job->stays),
			     "the boot loader stays (bootloader is never written)");
		state_map(&job->map);
		state_fates(&job->fates);
	}
	ui->host = (struct fm_ui_host){
		.file = { "file", FM_FITS, "as it was read, sha256 9f2c4d5e6f70..." },
		.power = { "power", FM_WARN,
			   "on battery, 21 %: it may not last. Plug in the mains" },
		.room = { "disk", FM_FITS, "4096 MiB free for records and backups" },
		.records = { "records", FM_FITS, "can be written: the result will be recorded" },
		.port = { "port", FM_FITS, "no other program is seen to have it open" },
	};
	job->sleep = (struct fm_host_row){ "sleep", FM_FITS,
					   "the computer neither sleeps nor minds its lid" };
	return job;
}

struct fm_ui_job *state_planned(struct fm_ui *ui, enum fm_verb change, int64_t source)
{
	struct fm_ui_request request = {
		.verb = change, .unit = ui->unit, .source = source, .dry_run = true
	};
	struct fm_event plan = { .kind = FM_EVENT_PLAN };
	struct fm_ui_job *job;

	fm_text_copy(request.backup, sizeof(request.backup), ui->backup);
	job = fm_ui_job_new(ui, fm_ui_unit(ui, ui->unit), &request);

	ui->change = change;
	ui->source = source;
	*ui->path = '\0';
	fm_text_copy(plan.u.plan.sha256, sizeof(plan.u.plan.sha256), ui->files[0].sha256);
	state_send(ui, job, &plan);
	job->plan = strdup("restore acme-gx2, chip 0410, by stm32-uart\n"
			   "erase flash 0x08000000-0x08001fff  8 x 1024 bytes, blocks 0 to 7\n"
			   "write flash 0x08000000-0x08001fff  32 pages\n");
	state_end(ui, job, FM_OUTCOME_NONE, FM_OK, FM_UNIT_UNTOUCHED);
	state_fates(&job->fates);
	return job;
}

void state_map(struct fm_ui_map *map)
{
	struct fm_block blocks[8];
	struct fm_plan_page pages[32];
	struct fm_plan plan = {
		.erase = blocks, .erase_count = 8, .pages = pages, .page_count = 32
	};
	struct fm_memory memory = { .count = 1 };

	for (unsigned i = 0; i < 8; i++)
		blocks[i] = (struct fm_block){ { FM_SPACE_FLASH, 0x08000000 + i * 1024, 1024 }, i };
	for (unsigned i = 0; i < 32; i++)
		pages[i] = (struct fm_plan_page){
			.range = { FM_SPACE_FLASH, 0x08000000 + i * 256, 256 }, .skip = i >= 28
		};
	memory.regions[0].range = (struct fm_range){ FM_SPACE_FLASH, 0x08000300, 64 };
	memory.regions[0].flags = FM_REGION_CONFIG;
	fm_ui_map_make(map, &plan, &memory);
}

uint64_t state_unit(const struct fm_ui *ui, const char *usb_path)
{
	for (size_t i = 0; i < ui->unit_count; i++) {
		if (strcmp(ui->units[i].seen.usb_path, usb_path) == 0)
			return ui->units[i].id;
	}
	fail_msg("no unit at %s", usb_path);
	return 0;
}

struct fm_ui_job *state_writes(struct fm_ui *ui, const char *usb_path)
{
	struct fm_ui_job *job =
		state_job(ui, state_unit(ui, usb_path), FM_VERB_FLASH, ui->files[0].path);

	state_map(&job->map);
	state_phase(ui, job, FM_PHASE_ENTER);
	ui->now_ns += STATE_S;
	state_phase_end(ui, job, FM_PHASE_ENTER, FM_OK);
	state_phase(ui, job, FM_PHASE_PREFLIGHT);
	state_phase_end(ui, job, FM_PHASE_PREFLIGHT, FM_OK);
	state_phase(ui, job, FM_PHASE_ERASE);
	ui->now_ns += STATE_S;
	state_phase_end(ui, job, FM_PHASE_ERASE, FM_OK);
	state_phase(ui, job, FM_PHASE_WRITE);
	ui->now_ns += 5 * STATE_S;
	state_progress(ui, job, FM_PHASE_WRITE, 2940, 7168, 0x08000b00);
	return job;
}

void state_type(struct fm_ui *ui, const char *text)
{
	for (; *text; text++)
		fm_ui_key(ui, *text == '\n' ? FM_KEY_ENTER : *text);
}
