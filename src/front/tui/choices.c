/* Options: what may be chosen of this unit's jobs, where each comes from, and what it means. */
#include "base/text.h"
#include "front/tui/about.h"
#include "front/tui/actions.h"
#include "front/tui/view.h"

#include <stdio.h>
#include <string.h>

#define CHOICES_BELOW 5 /* rows about the one that is selected */

/* Which jobs the options are for: by the view from which they were opened. */
static unsigned choices_verbs(const struct fm_ui *ui)
{
	enum fm_ui_view under = ui->depth > 1 ? ui->stack[ui->depth - 2] : FM_VIEW_DETAILS;

	if (under == FM_VIEW_PREFLIGHT)
		return 1u << ui->change;
	if (under == FM_VIEW_PICKER)
		return 1u << FM_VERB_FLASH | 1u << FM_VERB_VERIFY;
	return ~0u;
}

static size_t choices_count(const struct fm_ui *ui)
{
	size_t count = 0;

	for (int i = 0; i < FM_CHOICE_COUNT; i++)
		count += (fm_choice_info((enum fm_choice)i)->verbs & choices_verbs(ui)) != 0;
	return fm_ui_unit(ui, ui->unit) ? count : 0;
}

enum fm_choice fm_ui_choice_at(const struct fm_ui *ui, size_t index)
{
	int i = 0;

	for (; i + 1 < FM_CHOICE_COUNT; i++) {
		if (!(fm_choice_info((enum fm_choice)i)->verbs & choices_verbs(ui)))
			continue;
		if (index-- == 0)
			break;
	}
	return (enum fm_choice)i;
}

/* The file that the view below is about, "" = none. */
static const char *choices_file(const struct fm_ui *ui)
{
	enum fm_ui_view under = ui->depth > 1 ? ui->stack[ui->depth - 2] : FM_VIEW_DETAILS;
	const struct fm_ui_file *file = fm_about_file(ui);

	if (under == FM_VIEW_PREFLIGHT)
		return ui->path;
	return under == FM_VIEW_PICKER && file ? file->path : "";
}

static const struct fm_ui_file *choices_package(const struct fm_ui *ui)
{
	const char *path = choices_file(ui);

	for (size_t i = 0; *path && i < ui->file_count; i++) {
		if (strcmp(ui->files[i].path, path) == 0 && *ui->files[i].releases)
			return &ui->files[i];
	}
	return NULL;
}

/* Taken back: what the command line or the configuration said holds again. */
static bool choices_take_back(const struct fm_ui *ui, struct fm_choices *choices,
			      enum fm_choice choice)
{
	choices->values[choice] = ui->choices.values[choice];
	return true;
}

/* Whoever sits here is the same for all units. */
static void choices_everywhere(struct fm_ui *ui, enum fm_choice choice,
			       const struct fm_choices *from)
{
	ui->choices.values[choice] = from->values[choice];
	for (size_t i = 0; i < ui->unit_count; i++)
		ui->units[i].choices.values[choice] = from->values[choice];
}

bool fm_ui_choose(struct fm_ui *ui, enum fm_choice choice, const char *text)
{
	const struct fm_choice_info *info = fm_choice_info(choice);
	struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	struct fm_error err = { 0 };

	if (!unit)
		return false;
	if (*text || info->person
		    ? !fm_choices_set(&unit->choices, choice, FM_FROM_HERE, text, &err)
		    : !choices_take_back(ui, &unit->choices, choice)) {
		fm_ui_say(ui, FM_STYLE_BAD, true, "%s", err.text);
		return false;
	}
	unit->chosen++;
	if (info->file)
		fm_text_copy(unit->chosen_for, sizeof(unit->chosen_for), choices_file(ui));
	if (info->person)
		choices_everywhere(ui, choice, &unit->choices);
	return true;
}

/* One behind the text in a list with blanks between; "" behind the last. */
static void choices_behind(const char *list, const char *text, char *ret, size_t size)
{
	bool found = !*text;

	*ret = '\0';
	for (const char *at = list; *at;) {
		size_t len = strcspn(at, " ");

		if (found) {
			snprintf(ret, size, "%.*s", (int)len, at);
			return;
		}
		found = strlen(text) == len && memcmp(at, text, len) == 0;
		at += len;
		at += *at == ' ';
	}
}

static bool choices_next_word(struct fm_ui *ui, enum fm_choice choice, const char *now)
{
	const char *const *words = fm_choice_info(choice)->words;
	size_t at = 0;

	while (*now && words[at] && strcmp(words[at], now) != 0)
		at++;
	if (*now && words[at])
		at++;
	/* what the configuration does not let be chosen is passed over */
	for (; words[at]; at++) {
		if (fm_ui_choose(ui, choice, words[at])) {
			ui->message_stays = false;
			fm_ui_say(ui, FM_STYLE_PLAIN, false, "%s: %s", fm_choice_info(choice)->name,
				  words[at]);
			return true;
		}
	}
	return fm_ui_choose(ui, choice, "");
}

bool fm_ui_choose_next(struct fm_ui *ui, enum fm_choice choice)
{
	const struct fm_ui_file *package = choices_package(ui);
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	bool here = unit && unit->choices.values[choice].from == FM_FROM_HERE;
	const char *now = here ? unit->choices.values[choice].text : "";
	char next[FM_CHOICE_TEXT];

	if (choice == FM_CHOICE_RELEASE && package) {
		choices_behind(package->releases, now, next, sizeof(next));
		fm_ui_choose(ui, choice, next);
		return true;
	}
	if (!fm_choice_info(choice)->words || fm_choice_info(choice)->list)
		return false;
	choices_next_word(ui, choice, now);
	return true;
}

void fm_ui_choices_file(struct fm_ui *ui, struct fm_ui_unit *unit, const char *path)
{
	bool dropped = false;

	if (*unit->chosen_for && strcmp(unit->chosen_for, path) != 0) {
		for (int i = 0; i < FM_CHOICE_COUNT; i++) {
			if (!fm_choice_info((enum fm_choice)i)->file ||
			    unit->choices.values[i].from != FM_FROM_HERE)
				continue;
			dropped = choices_take_back(ui, &unit->choices, (enum fm_choice)i);
		}
	}
	if (dropped) {
		unit->chosen++;
		fm_ui_log(ui, FM_STYLE_WARN, 0,
			  "%s: options for the other file were taken back: see x",
			  fm_ui_port(unit->seen.path));
	}
	fm_text_copy(unit->chosen_for, sizeof(unit->chosen_for), path);
}

static void choices_row(const struct fm_ui_unit *unit, enum fm_choice choice,
			struct fm_canvas *canvas, int row)
{
	const struct fm_choice_info *info = fm_choice_info(choice);
	const char *text = fm_choices_text(&unit->choices, choice);
	int from = canvas->columns - 16;
	bool save = choice == FM_CHOICE_SAVE_FORMAT;

	fm_canvas_text(canvas, row, 1, 16, FM_STYLE_PLAIN, save ? "format (backup)" : info->name);
	fm_canvas_text(canvas, row, 18, from - 19, text ? FM_STYLE_STRONG : FM_STYLE_DIM,
		       text ? text : info->standard);
	fm_canvas_text(canvas, row, from, 15, text ? FM_STYLE_PLAIN : FM_STYLE_DIM,
		       fm_choices_giver(&unit->choices, choice));
}

/* What the selected one means, and what it may be. */
static void choices_below(const struct fm_ui *ui, enum fm_choice choice, struct fm_canvas *canvas,
			  int row)
{
	const struct fm_choice_info *info = fm_choice_info(choice);
	const struct fm_ui_file *package = choices_package(ui);
	char may[320] = "";
	size_t len = 0;

	fm_canvas_glyph(canvas, row++, 1, canvas->columns - 2, FM_GLYPH_LINE, FM_STYLE_DIM);
	row += fm_canvas_wrap(canvas, row, 1, canvas->columns - 2, 2, FM_STYLE_PLAIN, info->help);
	for (size_t i = 0; info->words && info->words[i] && len < sizeof(may); i++)
		len += (size_t)snprintf(may + len, sizeof(may) - len, "%s%s", i ? ", " : "",
					info->words[i]);
	if (choice == FM_CHOICE_RELEASE && package)
		fm_text_copy(may, sizeof(may), package->releases);
	if (*may)
		fm_canvas_format(canvas, row++, 1, canvas->columns - 2, FM_STYLE_DIM, "%s: %s",
				 info->list ? "one or more, with commas" : "one of", may);
	fm_canvas_text(canvas, row, 1, canvas->columns - 2, FM_STYLE_DIM,
		       info->file     ? "Of one file: another file does not inherit it."
		       : info->person ? "For all units."
				      : "For this unit, until it leaves or the program ends.");
}

static void choices_draw(const struct fm_ui *ui, struct fm_canvas *canvas)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);
	size_t at = ui->index[FM_VIEW_OPTIONS], count = choices_count(ui), first;
	int row, height = FM_VIEW_END(canvas) - FM_VIEW_TOP - 3 - CHOICES_BELOW;
	char label[80];

	if (!unit) {
		fm_view_notice(canvas, FM_VIEW_UNIT_GONE);
		return;
	}
	fm_ui_unit_label(unit, 34, label, sizeof(label));
	fm_canvas_format(canvas, FM_VIEW_TOP, 1, canvas->columns - 2, FM_STYLE_PLAIN,
			 "Options: %s    (a change asks for a new check)", label);
	row = fm_view_heading(canvas, FM_VIEW_TOP + 1, canvas->columns, " OPTION           VALUE");
	fm_canvas_text(canvas, FM_VIEW_TOP + 1, canvas->columns - 16, 12, FM_STYLE_STRONG, "FROM");
	at = at < count ? at : count - 1;
	first = fm_view_first(count, at, height);
	for (size_t i = first; i < count && i < first + (size_t)height; i++, row++) {
		choices_row(unit, fm_ui_choice_at(ui, i), canvas, row);
		fm_canvas_hit(canvas, row, i);
		if (i == at)
			fm_view_mark(canvas, row, canvas->columns);
	}
	if (first + (size_t)height < count)
		fm_canvas_format(canvas, FM_VIEW_TOP + 2, canvas->columns - 16, 15, FM_STYLE_DIM,
				 "%zu more below", count - first - (size_t)height);
	choices_below(ui, fm_ui_choice_at(ui, at), canvas, row);
}

static size_t choices_at(const struct fm_ui *ui)
{
	return ui->index[FM_VIEW_OPTIONS];
}

static void choices_select(struct fm_ui *ui, size_t index)
{
	ui->index[FM_VIEW_OPTIONS] = index;
}

const struct fm_view fm_view_options = {
	.name = "Options",
	.draw = choices_draw,
	.count = choices_count,
	.at = choices_at,
	.select = choices_select,
};
