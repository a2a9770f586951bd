#include "front/tui/attached.h"

#include "base/scope.h"
#include "base/text.h"
#include "detect/hotplug.h"
#include "detect/track.h"

#include <stdlib.h>

#define ATTACHED_MS INT64_C(1000000)
#define ATTACHED_ADDED_MS 500 /* udev tells nothing of ports that were added by hand */

struct fm_attached {
	const struct fm_tui_options *options;
	struct fm_hotplug *hotplug;
	struct fm_track *track;
	bool added; /* a port was added by hand */
	int64_t looked_ns;
};

/* One look, while it lasts. */
struct attached_look {
	const struct fm_attached *attached;
	struct fm_ui *ui;
	bool changed;
};

bool fm_attached_open(const struct fm_tui_options *options, struct fm_attached **ret_attached,
		      struct fm_error *err)
{
	struct fm_attached *attached = calloc(1, sizeof(*attached));

	if (!attached)
		return fm_fail(err, FM_NO_MEMORY, "no memory for what is attached");
	attached->options = options;
	attached->track = fm_track_new();
	if (!attached->track)
		fm_fail(err, FM_NO_MEMORY, "no memory for the list of units");
	if (!attached->track || !fm_hotplug_open(&attached->hotplug, err)) {
		fm_attached_close(attached);
		return false;
	}
	*ret_attached = attached;
	return true;
}

void fm_attached_close(struct fm_attached *attached)
{
	if (!attached)
		return;
	fm_hotplug_close(attached->hotplug);
	fm_track_free(attached->track);
	free(attached);
}

int fm_attached_fd(const struct fm_attached *attached)
{
	return fm_hotplug_fd(attached->hotplug);
}

bool fm_attached_heard(struct fm_attached *attached)
{
	return fm_hotplug_drain(attached->hotplug);
}

int64_t fm_attached_due_ns(const struct fm_attached *attached)
{
	int64_t every_ms = fm_hotplug_timeout_ms(attached->hotplug), look_ns, track_ns;

	if (attached->added && every_ms > ATTACHED_ADDED_MS)
		every_ms = ATTACHED_ADDED_MS;
	look_ns = attached->looked_ns + every_ms * ATTACHED_MS;
	track_ns = fm_track_due_ns(attached->track);
	return look_ns < track_ns ? look_ns : track_ns;
}

static void attached_row(const struct fm_attached *attached, const struct fm_seen *seen,
			 struct fm_row *ret)
{
	fm_row_make(attached->options->catalog, attached->options->store, seen, ret);
}

static void attached_unit(void *user, enum fm_track_event event, const struct fm_seen *seen)
{
	struct attached_look *look = user;
	struct fm_row row;

	attached_row(look->attached, seen, &row);
	fm_ui_unit_event(look->ui, event, seen, event == FM_TRACK_LEFT ? NULL : &row);
	look->changed = true;
}

static void attached_absent(struct attached_look *look, const struct fm_seen *seen)
{
	struct fm_ui_unit *unit = fm_ui_unit_absent(look->ui, seen);

	if (*unit->row.state)
		return;
	attached_row(look->attached, seen, &unit->row);
	look->changed = true;
}

bool fm_attached_look(struct fm_attached *attached, struct fm_ui *ui)
{
	const struct fm_tui_options *options = attached->options;
	struct attached_look look = { attached, ui, false };
	FM_FREE struct fm_seen *seen = NULL;
	struct fm_error err;
	size_t count;

	attached->looked_ns = ui->now_ns;
	if (!fm_row_scan(options->catalog, options->store, &seen, &count, &err) ||
	    !fm_track_update(attached->track, seen, count, ui->now_ns, attached_unit, &look,
			     &err)) {
		fm_ui_say(ui, FM_STYLE_BAD, true, "%s", err.text);
		return true;
	}
	attached->added = false;
	fm_ui_units_absent(ui);
	for (size_t i = 0; i < count; i++) {
		attached->added = attached->added || seen[i].added;
		if (!seen[i].present)
			attached_absent(&look, &seen[i]);
	}
	return look.changed;
}

void fm_attached_rows(const struct fm_attached *attached, struct fm_ui *ui)
{
	for (size_t i = 0; i < ui->unit_count; i++)
		attached_row(attached, &ui->units[i].seen, &ui->units[i].row);
}

void fm_attached_label(struct fm_attached *attached, struct fm_ui *ui, uint64_t unit_id,
		       const char *slot)
{
	struct fm_ui_unit *unit = fm_ui_unit(ui, unit_id);
	struct fm_error err = attached->options->store_err;
	struct fm_store *store = attached->options->store;
	char place[256];
	bool good;

	if (!unit || (!*slot && !*unit->seen.slot))
		return;
	fm_scan_place(&unit->seen, place);
	good = store && (*slot ? fm_store_slot_set(store, place, slot, &err)
			       : fm_store_slot_remove(store, unit->seen.slot, &err));
	if (!good) {
		fm_ui_say(ui, FM_STYLE_BAD, true, "%s%s%s", err.text, *err.hint ? ": " : "",
			  err.hint);
		return;
	}
	/* of one that is not there no look tells */
	fm_text_copy(unit->seen.slot, sizeof(unit->seen.slot), slot);
	fm_attached_look(attached, ui);
	fm_ui_say(ui, FM_STYLE_PLAIN, false, "%s is %s%s", place, *slot ? "slot " : "no slot",
		  slot);
}
