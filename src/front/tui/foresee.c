/* At the right of the preflight: what is lost, what is kept, and where it all comes from. */
#include "front/tui/facts.h"
#include "front/tui/view.h"

#include <stdio.h>
#include <string.h>

#define FORESEE_LEAST 3 /* rows of a part with its title */

/* The title of the next part; false: there is no room for it. */
static bool foresee_title(struct fm_view_pen *pen, enum fm_style style, const char *title)
{
	if (pen->row + FORESEE_LEAST > pen->end)
		return false;
	fm_canvas_text(pen->canvas, pen->row++, pen->column, pen->width, style, title);
	return true;
}

static void foresee_text(struct fm_view_pen *pen, enum fm_style style, const char *text)
{
	if (pen->row < pen->end)
		pen->row += fm_canvas_wrap(pen->canvas, pen->row, pen->column, pen->width,
					   pen->end - pen->row, style, text);
}

static const char *foresee_what(const struct fm_ui_fate *fate)
{
	if (fate->flags & FM_REGION_CALIBRATION)
		return " of calibration";
	return fate->flags & FM_REGION_CONFIG ? " of settings" : "";
}

/* "4.0 KiB of settings, not written" */
static void foresee_fate(struct fm_view_pen *pen, const struct fm_ui_fate *fate)
{
	char lost[16], all[16], text[120];

	fm_view_size(fate->lost, lost);
	fm_view_size(fate->len, all);
	if (fate->kind == FM_FATE_DOUBT)
		snprintf(text, sizeof(text), "%s%s: the whole chip is erased, it may go too", all,
			 foresee_what(fate));
	else if (fate->kind == FM_FATE_LOST)
		snprintf(text, sizeof(text), "%s of %s%s", lost, all, foresee_what(fate));
	else
		snprintf(text, sizeof(text), "%s%s, %s", all, foresee_what(fate),
			 fate->flags & FM_REGION_PROTECTED ? "never written" : "not written");
	fm_view_fact(pen, fate->name, text);
}

/* All of one kind; what has no room is counted. */
static void foresee_fates(struct fm_view_pen *pen, const struct fm_ui_fates *fates,
			  enum fm_ui_fate_kind kind)
{
	size_t left = 0;
	char text[40];

	for (size_t i = 0; i < fates->count; i++)
		left += fates->fates[i].kind == kind;
	for (size_t i = 0; i < fates->count; i++) {
		if (fates->fates[i].kind != kind)
			continue;
		if (left > 1 && pen->row + FORESEE_LEAST > pen->end) {
			snprintf(text, sizeof(text), "%zu more parts", left);
			fm_view_fact(pen, "and", text);
			return;
		}
		foresee_fate(pen, &fates->fates[i]);
		left--;
	}
}

static bool foresee_any(const struct fm_ui_fates *fates, enum fm_ui_fate_kind kind)
{
	for (size_t i = 0; i < fates->count; i++) {
		if (fates->fates[i].kind == kind)
			return true;
	}
	return false;
}

/* Of what is lost. */
static const char *foresee_copy(const struct fm_ui_unit *unit)
{
	const char *how = fm_choices_text(&unit->choices, FM_CHOICE_BACKUP);

	if (how && strcmp(how, "none") == 0)
		return "none is made (backup=none)";
	return how && strcmp(how, "required") == 0 ? "stored first, or nothing is written"
						   : "stored first, where it can be read";
}

static void foresee_lost(const struct fm_ui_unit *unit, const struct fm_ui_job *check,
			 struct fm_view_pen *pen)
{
	if (!foresee_any(&check->fates, FM_FATE_LOST) ||
	    !foresee_title(pen, FM_STYLE_STRONG, "LOST"))
		return;
	foresee_fates(pen, &check->fates, FM_FATE_LOST);
	fm_view_fact(pen, "runs there", fm_ui_unit_version(unit));
	fm_view_fact(pen, "a copy", foresee_copy(unit));
	pen->row++;
}

static void foresee_kept(const struct fm_ui_job *check, struct fm_view_pen *pen)
{
	if (foresee_any(&check->fates, FM_FATE_DOUBT) &&
	    foresee_title(pen, FM_STYLE_WARN, "NOT KNOWN")) {
		foresee_fates(pen, &check->fates, FM_FATE_DOUBT);
		pen->row++;
	}
	if (foresee_any(&check->fates, FM_FATE_KEPT) &&
	    foresee_title(pen, FM_STYLE_STRONG, "KEPT")) {
		foresee_fates(pen, &check->fates, FM_FATE_KEPT);
		pen->row++;
	}
}

static void foresee_file(const struct fm_ui *ui, struct fm_view_pen *pen)
{
	const struct fm_ui_file *file = NULL;
	char text[80], size[16];

	for (size_t i = 0; i < ui->file_count && *ui->path; i++) {
		if (strcmp(ui->files[i].path, ui->path) == 0)
			file = &ui->files[i];
	}
	if (!file || !foresee_title(pen, FM_STYLE_STRONG, "FILE"))
		return;
	fm_view_size(file->size, size);
	snprintf(text, sizeof(text), "%s, %s, %s", file->format, size, file->date);
	fm_view_fact(pen, "version", file->version);
	fm_view_fact(pen, "format", text);
	fm_view_fact(pen, "says", file->says);
	fm_view_fact(pen, "path", file->path);
	fm_view_fact(pen, "sha256", file->sha256);
	pen->row++;
}

void fm_view_foresee(const struct fm_ui *ui, const struct fm_ui_unit *unit,
		     const struct fm_ui_job *check, struct fm_view_pen *pen)
{
	if (check && !check->running && check->fates.count) {
		foresee_lost(unit, check, pen);
		foresee_kept(check, pen);
	} else {
		foresee_text(
			pen, FM_STYLE_BUSY,
			check && check->running
				? "What is lost and what is kept is being asked."
				: "What is lost and what is kept is not known: there is no plan.");
		pen->row++;
	}
	if (foresee_title(pen, FM_STYLE_STRONG, "IF THE POWER FAILS NOW")) {
		foresee_text(pen, FM_STYLE_PLAIN, "Nothing is lost: nothing was written yet.");
		pen->row++;
	}
	foresee_file(ui, pen);
	if (foresee_title(pen, FM_STYLE_STRONG, "UNIT"))
		fm_facts_unit(ui, unit, pen);
}
