/* Preflight: everything that must be right before F writes, and what F will do. */
#include "base/scope.h"
#include "front/tui/about.h"
#include "front/tui/host.h"
#include "front/tui/pane.h"
#include "front/tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PREFLIGHT_WIDTH 80 /* where what is lost and kept stands beside */
#define PREFLIGHT_PLAN 5   /* a blank row, the plan's title and its first three lines */
#define PREFLIGHT_BELOW 3  /* if the power fails, and whether it can start */

static const char *preflight_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What is written: above the checks, and whose key it is. */
static const char *preflight_title(const struct fm_ui *ui, char *ret, size_t size)
{
	if (ui->change == FM_VERB_ERASE)
		return "ERASE";
	if (ui->change == FM_VERB_ROLLBACK)
		return "ROLL BACK";
	if (ui->change == FM_VERB_FLASH)
		return preflight_name(ui->path);
	if (*ui->backup)
		snprintf(ret, size, "RESTORE the backup %.12s...", ui->backup);
	else if (ui->source)
		snprintf(ret, size, "RESTORE the backup of job %lld", (long long)ui->source);
	else
		snprintf(ret, size, "RESTORE the newest backup");
	return ret;
}

/* Its number, or its model where it has none: the port is said beside. */
static void preflight_who(const struct fm_ui_unit *unit, char *ret, size_t size)
{
	if (*fm_ui_unit_serial(unit))
		fm_ui_unit_label(unit, 36, ret, size);
	else
		snprintf(ret, size, "%s", fm_ui_unit_model(unit));
}

static char preflight_key(enum fm_verb verb)
{
	switch (verb) {
	case FM_VERB_ERASE:
		return 'E';
	case FM_VERB_RESTORE:
		return 'R';
	case FM_VERB_ROLLBACK:
		return 'U';
	default:
		return 'F';
	}
}

static int preflight_unit(const struct fm_ui *ui, const struct fm_ui_unit *unit,
			  const struct fm_ui_job *check, struct fm_canvas *canvas,
			  const struct fm_pane_room *room, int row)
{
	char text[400], name[80];

	if (unit->left)
		return fm_view_check(canvas, row, room->width, FM_BLOCKED, "Unit",
				     "it is not attached any more: plug it in again");
	if (!check)
		return fm_view_check(
			canvas, row, room->width, FM_BLOCKED, "Unit",
			fm_about_changed(ui)
				? "an option was changed: c asks it again"
				: "not checked yet, or it or the file changed since: c checks");
	if (check->running)
		return fm_view_check(canvas, row, room->width, FM_WARN, "Unit",
				     check->reading ? "will be asked when the file has been read"
						    : "is being asked ...");
	fm_ui_unit_label(unit, 36, name, sizeof(name));
	if (check->end.code != FM_OK && !check->identity.count && !check->rule_count) {
		snprintf(text, sizeof(text), "%s: it has not told who it is", name);
		return fm_view_check(canvas, row, room->width, FM_WARN, "Unit", text);
	}
	snprintf(text, sizeof(text), "%s, the one that was chosen", name);
	return fm_view_check(canvas, row, room->width, FM_FITS, "Unit", text);
}

/* Only the port tells two boot loaders with the same number apart. */
static int preflight_twin(const struct fm_ui *ui, struct fm_canvas *canvas,
			  const struct fm_pane_room *room, int row)
{
	const struct fm_ui_unit *twin = fm_about_twin(ui);
	char text[400];

	if (!twin)
		return 0;
	snprintf(text, sizeof(text), "%s looks the same: be sure which one is meant",
		 fm_ui_port(twin->seen.path));
	return fm_view_check(canvas, row, room->width, FM_WARN, "Alike", text);
}

/* One line for all rules that fit, one for each other. */
static int preflight_fit(const struct fm_ui_job *check, struct fm_canvas *canvas,
			 const struct fm_pane_room *room, int row)
{
	int begin = row;
	unsigned fit = 0;
	char text[400];

	if (!check || check->running)
		return 0;
	for (size_t i = 0; i < check->rule_count; i++)
		fit += check->rules[i].verdict == FM_FITS;
	if (check->rule_count == 0 && check->end.code != FM_OK) {
		snprintf(text, sizeof(text), "E%d %s", fm_error_info(check->end.code)->number,
			 check->end.error.text);
		return fm_view_check(canvas, row, room->width, FM_BLOCKED, "Answer", text);
	}
	if (check->rule_count == 0) /* an erase */
		return 0;
	snprintf(text, sizeof(text), "%u of %zu rules fit", fit, check->rule_count);
	row += fm_view_check(canvas, row, room->width, FM_FITS, "Fit", text);
	for (size_t i = 0; i < check->rule_count; i++) {
		const struct fm_rule_result *rule = &check->rules[i];

		if (rule->verdict == FM_FITS)
			continue;
		snprintf(text, sizeof(text), "%s", rule->unit_says);
		row += fm_view_check(canvas, row, room->width, rule->verdict, rule->rule, text);
	}
	return row - begin;
}

/* What to do about what failed. */
static int preflight_next_step(const struct fm_ui_job *check, struct fm_canvas *canvas,
			       const struct fm_pane_room *room, int row)
{
	const char *text;

	if (!check || check->running || check->end.code == FM_OK)
		return 0;
	text = *check->end.error.hint ? check->end.error.hint
	       : check->rule_count    ? ""
				      : fm_error_info(check->end.code)->advice;
	if (!*text)
		return 0;
	fm_canvas_text(canvas, row, 9, 10, FM_STYLE_STRONG, "next");
	return fm_canvas_wrap(canvas, row, 20, room->width - 21, 3, FM_STYLE_PLAIN, text);
}

/* What the model wants a person to have looked at. */
static int preflight_questions(const struct fm_ui_job *check, struct fm_canvas *canvas,
			       const struct fm_pane_room *room, int row)
{
	int begin = row;
	char text[400];

	for (size_t i = 0; check && i < check->asked_count; i++) {
		const struct fm_asked *asked = &check->asked[i];

		if (fm_asked_right(asked))
			snprintf(text, sizeof(text), "%s Answered: %s", asked->text, asked->given);
		else if (*asked->given)
			snprintf(text, sizeof(text), "%s Answered '%s', not '%s': a asks again",
				 asked->text, asked->given, asked->wanted);
		else
			snprintf(text, sizeof(text), "%s OPEN: a answers it", asked->text);
		row += fm_view_check(canvas, row, room->width,
				     fm_asked_right(asked) ? FM_FITS : FM_BLOCKED, asked->id, text);
	}
	return row - begin;
}

/* What of this computer is all right stands in one row where it has to be brief. */
static int preflight_host(const struct fm_ui *ui, const struct fm_ui_job *check, bool brief,
			  struct fm_canvas *canvas, const struct fm_pane_room *room, int row)
{
	static const struct fm_host_row none = { .text = "" };
	const struct fm_ui_host *host = &ui->host;
	const struct {
		const char *name;
		const struct fm_host_row *row;
	} lines[] = {
		{ "File", &host->file },
		{ "Port", &host->port },
		{ "Bridge", check ? &check->bridge : &none },
		{ "Power", &host->power },
		{ "Sleep", check ? &check->sleep : &none },
		{ "Disk", &host->room },
		{ "Journal", &host->records },
	};
	char good[100] = "";
	size_t len = 0;
	int begin = row;

	for (size_t i = 0; i < FM_COUNT(lines); i++) {
		if (!*lines[i].row->text)
			continue;
		if (brief && lines[i].row->state == FM_FITS)
			len += (size_t)snprintf(good + len, sizeof(good) - len, "%s%s",
						len ? ", " : "", lines[i].name);
		else
			row += fm_view_check(canvas, row, room->width, lines[i].row->state,
					     lines[i].name, lines[i].row->text);
	}
	if (len)
		row += fm_view_check(canvas, row, room->width, FM_FITS, "All right", good);
	return row - begin;
}

/* What was chosen for it: nobody must find out afterwards. */
static int preflight_options(const struct fm_ui *ui, const struct fm_ui_unit *unit,
			     struct fm_canvas *canvas, const struct fm_pane_room *room, int row)
{
	enum fm_verdict verdict = FM_FITS;
	char text[400] = "";
	size_t len = 0;

	for (int i = 0; i < FM_CHOICE_COUNT && len < sizeof(text); i++) {
		const char *value = fm_choices_text(&unit->choices, (enum fm_choice)i);

		if (!value || !fm_choice_is_for((enum fm_choice)i, ui->change) ||
		    fm_choice_info((enum fm_choice)i)->person)
			continue;
		if (i == FM_CHOICE_ALLOW)
			verdict = FM_WARN;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=%s", len ? ", " : "",
					fm_choice_info((enum fm_choice)i)->name, value);
	}
	if (!len)
		return 0;
	return fm_view_check(canvas, row, room->width, verdict, "Options", text);
}

/* What of the plan is shown: the file and its hash stand above. */
static bool preflight_shown(const char *line)
{
	return strncmp(line, "  sha256", 8) != 0 && strncmp(line, "file", 4) != 0;
}

static const char *preflight_next(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : line;
}

/* The plan, line by line, as the command line shows it; what has no room is counted. */
static void preflight_plan(const struct fm_ui *ui, const struct fm_ui_job *check,
			   struct fm_canvas *canvas, const struct fm_pane_room *room, int row)
{
	int end = room->end - PREFLIGHT_BELOW;
	const char *plan = check && check->plan ? check->plan : "";
	int left = 0;

	for (const char *at = plan; *at; at = preflight_next(at))
		left += preflight_shown(at);
	if (left && row < end)
		fm_canvas_format(canvas, row++, 1, room->width - 2, FM_STYLE_STRONG, "WHAT %c DOES",
				 preflight_key(ui->change));
	for (const char *at = plan; *at && row < end; at = preflight_next(at)) {
		if (!preflight_shown(at))
			continue;
		if (row == end - 1 && left > 1) {
			fm_canvas_format(canvas, row, 2, room->width - 3, FM_STYLE_DIM,
					 "%d more lines: a taller terminal has room for them",
					 left);
			return;
		}
		fm_canvas_format(canvas, row++, 2, room->width - 3, FM_STYLE_PLAIN, "%.*s",
				 (int)strcspn(at, "\n"), at);
		left--;
	}
}

static void preflight_conclusion(const struct fm_ui *ui, struct fm_ui_job *check,
				 struct fm_canvas *canvas, const struct fm_pane_room *room)
{
	int row = room->end - 1;
	const char *verdict = fm_ui_verdict(check);
	bool good = check && !check->running && check->end.code == FM_OK;
	const char *why = fm_why_no_job(ui);

	if (check && check->reading)
		fm_canvas_format(canvas, row, 1, room->width - 2, FM_STYLE_BUSY,
				 "WAIT: reading %s ...; nothing is written.",
				 fm_ui_job_file(check));
	else if (check && check->running)
		fm_canvas_text(canvas, row, 1, room->width - 2, FM_STYLE_BUSY,
			       "WAIT: the unit is being asked; nothing is written.");
	else if (why)
		fm_canvas_format(canvas, row, 1, room->width - 2, FM_STYLE_BAD, "CANNOT START: %s.",
				 why);
	else if (!good || fm_host_fails(ui))
		fm_canvas_text(canvas, row, 1, room->width - 2, FM_STYLE_BAD,
			       "CANNOT START: a check fails. Nothing was written.");
	else if (fm_ui_open_question(check))
		fm_canvas_text(canvas, row, 1, room->width - 2, FM_STYLE_WARN,
			       "NOT YET: a question is open, a answers it. Nothing was written.");
	else if (fm_about_twin(ui))
		fm_canvas_format(canvas, row, 1, room->width - 2, FM_STYLE_WARN,
				 "READY, with warnings: %c asks for the unit's port.",
				 preflight_key(ui->change));
	else if (ui->change != FM_VERB_FLASH)
		fm_canvas_format(canvas, row, 1, room->width - 2, FM_STYLE_WARN,
				 "READY: %c (capital) asks for the unit's last four characters.",
				 preflight_key(ui->change));
	else if (strcmp(verdict, "WARN") == 0)
		fm_canvas_text(canvas, row, 1, room->width - 2, FM_STYLE_WARN,
			       "READY, with warnings: F asks for the unit's last four characters.");
	else
		fm_canvas_text(canvas, row, 1, room->width - 2, FM_STYLE_GOOD,
			       "READY: F (capital) starts. Nothing is written before.");
}

/* What is known of this unit, not what holds for most. */
static void preflight_if_cut(const struct fm_ui_job *check, struct fm_canvas *canvas,
			     const struct fm_pane_room *room)
{
	int row = room->end - PREFLIGHT_BELOW;
	bool stays = check && *check->stays;

	if (!check || check->running || !check->plan || !*check->plan)
		return;
	fm_canvas_text(canvas, row, 1, room->width - 2, FM_STYLE_PLAIN,
		       "If the power fails while it is written: what runs now is lost;");
	fm_canvas_format(canvas, row + 1, 1, room->width - 2,
			 stays ? FM_STYLE_PLAIN : FM_STYLE_WARN, "%s%s.",
			 stays ? check->stays
			       : "it is not known whether the boot loader stays: have a programmer "
				 "at hand",
			 stays ? "; then write it again" : "");
}

/* All that must be right; returns the row behind it. */
static int preflight_checks(const struct fm_ui *ui, const struct fm_ui_job *check, bool brief,
			    struct fm_canvas *canvas, const struct fm_pane_room *room)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	int row = FM_VIEW_TOP + 1;

	row += preflight_unit(ui, unit, check, canvas, room, row);
	row += preflight_twin(ui, canvas, room, row);
	row += preflight_host(ui, check, brief, canvas, room, row);
	row += preflight_questions(check, canvas, room, row);
	row += preflight_fit(check, canvas, room, row);
	row += preflight_next_step(check, canvas, room, row);
	row += preflight_options(ui, unit, canvas, room, row);
	return row;
}

/* Brief where the plan has no room otherwise: a person must be able to read what is done. */
static bool preflight_brief(const struct fm_ui *ui, const struct fm_ui_job *check,
			    const struct fm_canvas *canvas, const struct fm_pane_room *room)
{
	FM_CANVAS_DONE struct fm_canvas trial;

	fm_canvas_init(&trial, canvas->rows, canvas->columns, canvas->ascii);
	return preflight_checks(ui, check, false, &trial, room) + PREFLIGHT_PLAN >
	       room->end - PREFLIGHT_BELOW;
}

static void preflight_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	struct fm_ui_job *check;
	struct fm_pane_room room;
	struct fm_view_pen pen;
	int row;
	char title[64], name[80];

	if (!unit) {
		fm_view_notice(canvas, FM_VIEW_UNIT_GONE);
		return;
	}
	check = fm_ui_planned(ui, unit);
	preflight_who(unit, name, sizeof(name));
	room = fm_pane_split(ui, canvas, PREFLIGHT_WIDTH, FM_VIEW_TOP + 1, &pen);
	if (pen.width)
		fm_view_foresee(ui, unit, check, &pen);
	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_STRONG,
			 "%s  ->  %s on %s", preflight_title(ui, title, sizeof(title)), name,
			 fm_ui_port(unit->seen.path));
	row = preflight_checks(ui, check, preflight_brief(ui, check, canvas, &room), canvas, &room);
	preflight_plan(ui, check, canvas, &room, row + 1);
	preflight_if_cut(check, canvas, &room);
	preflight_conclusion(ui, check, canvas, &room);
	fm_canvas_cursor(canvas, room.end - 1, 1);
}

const struct fm_view fm_view_preflight = { .name = "Preflight", .draw = preflight_draw };
