/* How a unit is called, and what it is said to be. */
#include "front/tui/ui.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

const char *fm_ui_unit_model(const struct fm_ui_unit *unit)
{
	if (*unit->model)
		return unit->model;
	return unit->seen.model_total == 1 ? unit->seen.models[0]->id : "";
}

const char *fm_ui_unit_serial(const struct fm_ui_unit *unit)
{
	const char *serial = fm_identity_value(&unit->identity, FM_FACT_UNIQUE_ID);

	if (*serial)
		return serial;
	serial = fm_identity_value(&unit->identity, FM_FACT_SERIAL);
	return *serial ? serial : unit->row.unit;
}

const char *fm_ui_unit_version(const struct fm_ui_unit *unit)
{
	const char *version = fm_identity_value(&unit->identity, FM_FACT_VERSION);

	return *version ? version : unit->row.version;
}

const char *fm_ui_unit_name(const struct fm_ui_unit *unit)
{
	const char *serial = fm_ui_unit_serial(unit);

	return *serial ? serial : unit->seen.path;
}

const char *fm_ui_port(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strncmp(path, "/dev/", 5) == 0)
		return path + 5;
	return slash && slash[1] ? slash + 1 : path;
}

void fm_ui_unit_label(const struct fm_ui_unit *unit, int width, char *ret, size_t size)
{
	const char *serial = fm_ui_unit_serial(unit), *end = fm_text_tail(serial, 4);
	char begin[64];

	if (!end || strlen(serial) <= (size_t)width) {
		snprintf(ret, size, "%s", *serial ? serial : fm_ui_port(unit->seen.path));
		return;
	}
	fm_text_copy(begin, (size_t)width - 5 < sizeof(begin) ? (size_t)width - 5 : sizeof(begin),
		     serial);
	snprintf(ret, size, "%s..%s", begin, end);
}

/* What the records say; but a job whose end found no room in them left the unit no better. */
static bool unitview_in_doubt(const struct fm_ui *ui, const struct fm_ui_unit *unit)
{
	const struct fm_ui_job *job = fm_ui_job(ui, unit->job);
	const struct fm_job_end *end = job ? &job->end : NULL;

	return end && !job->running && end->changed && job->attachment == unit->attachment &&
	       end->outcome != FM_OUTCOME_PASS &&
	       (end->unit_state == FM_UNIT_PARTIAL || end->unit_state == FM_UNIT_UNVERIFIED ||
		end->unit_state == FM_UNIT_UNKNOWN);
}

const char *fm_ui_unit_state(const struct fm_ui *ui, const struct fm_ui_unit *unit)
{
	static const char *const words[] = {
		[FM_VERB_INFO] = "ASKED",      [FM_VERB_CHECK] = "CHECK",
		[FM_VERB_FLASH] = "FLASH",     [FM_VERB_VERIFY] = "VERIFY",
		[FM_VERB_BACKUP] = "BACKUP",   [FM_VERB_ERASE] = "ERASE",
		[FM_VERB_RESTORE] = "RESTORE", [FM_VERB_ROLLBACK] = "ROLLBACK",
		[FM_VERB_BLINK] = "BLINK"
	};
	const struct fm_ui_job *job = fm_ui_job_on(ui, unit->id);

	if (job)
		return words[job->plan_only ? FM_VERB_CHECK : job->verb];
	if (unit->left)
		return unit->absent && ui->now_ns - unit->since_ns >= FM_UI_LEFT_NS ? "AWAY"
										    : "LEFT";
	if (unitview_in_doubt(ui, unit))
		return "RESCUE!";
	if (*unit->model && strcmp(unit->row.state, "UNKNOWN") == 0)
		return "NAMED";
	return unit->row.state;
}
