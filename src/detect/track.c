#include "detect/track.h"

#include <stdlib.h>
#include <string.h>

#define TRACK_MS INT64_C(1000000)

enum track_state {
	TRACK_NEW,   /* there since since_ns, not told yet */
	TRACK_SHOWN, /* there and told */
	TRACK_AWAY,  /* told, and not there since since_ns */
	TRACK_BACK   /* there again since since_ns, which is not told yet */
};

struct track_unit {
	struct fm_seen seen; /* as it was told, or as it is in TRACK_NEW */
	enum track_state state;
	int64_t since_ns;
	bool there; /* in the look in progress */
};

struct fm_track {
	struct track_unit *units;
	size_t count, size;
};

struct track_look {
	struct fm_track *track;
	int64_t now_ns;
	fm_track_report *report;
	void *user;
};

struct fm_track *fm_track_new(void)
{
	return calloc(1, sizeof(struct fm_track));
}

void fm_track_free(struct fm_track *track)
{
	if (!track)
		return;
	free(track->units);
	free(track);
}

static bool track_same_place(const struct fm_seen *a, const struct fm_seen *b)
{
	if (*a->usb_path || *b->usb_path)
		return strcmp(a->usb_path, b->usb_path) == 0 && a->part == b->part;
	return strcmp(a->path, b->path) == 0;
}

static bool track_shares_model(const struct fm_seen *a, const struct fm_seen *b)
{
	for (size_t i = 0; i < a->model_count; i++) {
		for (size_t k = 0; k < b->model_count; k++) {
			if (a->models[i] == b->models[k])
				return true;
		}
	}
	return false;
}

/* Can it be the same unit, at the same place? Another mode explains every other difference. */
static bool track_same_unit(const struct fm_seen *before, const struct fm_seen *now)
{
	bool same_ids = before->vid == now->vid && before->pid == now->pid;
	bool both_known = before->model_count && now->model_count;

	if (both_known && before->mode != now->mode)
		return true;
	if (*before->serial && *now->serial && strcmp(before->serial, now->serial) != 0 &&
	    (same_ids || both_known))
		return false;
	if (same_ids || track_shares_model(before, now))
		return true;
	/* a boot loader that no definition names, of a unit that one names */
	return !both_known && (before->model_count || now->model_count);
}

static bool track_looks_same(const struct fm_seen *a, const struct fm_seen *b)
{
	return a->vid == b->vid && a->pid == b->pid && a->mode == b->mode &&
	       a->access == b->access && a->model_total == b->model_total &&
	       (!a->model_count || a->models[0] == b->models[0]) && strcmp(a->path, b->path) == 0 &&
	       strcmp(a->serial, b->serial) == 0 && strcmp(a->version, b->version) == 0 &&
	       strcmp(a->slot, b->slot) == 0;
}

static void track_tell(const struct track_look *look, enum fm_track_event event,
		       const struct fm_seen *seen)
{
	look->report(look->user, event, seen);
}

static struct track_unit *track_find(const struct fm_track *track, const struct fm_seen *seen)
{
	for (size_t i = 0; i < track->count; i++) {
		if (track_same_place(&track->units[i].seen, seen))
			return &track->units[i];
	}
	return NULL;
}

static bool track_over(int64_t since_ns, int64_t now_ns, int64_t ms)
{
	return now_ns - since_ns >= ms * TRACK_MS;
}

/* It is not there now. False: forget it. */
static bool track_missing(const struct track_look *look, struct track_unit *unit)
{
	bool is_usb = *unit->seen.usb_path;

	if (unit->state == TRACK_NEW)
		return false;
	if (unit->state != TRACK_AWAY) {
		unit->state = TRACK_AWAY;
		unit->since_ns = look->now_ns;
	}
	if (is_usb && !track_over(unit->since_ns, look->now_ns, FM_TRACK_AWAY_MS))
		return true;
	track_tell(look, FM_TRACK_LEFT, &unit->seen);
	return false;
}

static void track_missing_all(const struct track_look *look, const struct fm_seen *seen,
			      size_t count)
{
	struct fm_track *track = look->track;
	size_t kept = 0;

	for (size_t i = 0; i < track->count; i++)
		track->units[i].there = false;
	for (size_t i = 0; i < count; i++) {
		struct track_unit *unit = seen[i].present ? track_find(track, &seen[i]) : NULL;

		if (unit)
			unit->there = true;
	}
	for (size_t i = 0; i < track->count; i++) {
		struct track_unit *unit = &track->units[i];

		if (!unit->there && !track_missing(look, unit))
			continue;
		if (kept != i)
			track->units[kept] = *unit;
		kept++;
	}
	track->count = kept;
}

static void track_new(const struct track_look *look, struct track_unit *unit,
		      const struct fm_seen *seen)
{
	unit->seen = *seen;
	if (!*seen->usb_path || seen->settled ||
	    track_over(unit->since_ns, look->now_ns, FM_TRACK_SETTLE_MS)) {
		unit->state = TRACK_SHOWN;
		track_tell(look, FM_TRACK_ATTACHED, &unit->seen);
	}
}

/* It was told, and it is there: as before, or again. */
static void track_known(const struct track_look *look, struct track_unit *unit,
			const struct fm_seen *seen)
{
	bool again = unit->state != TRACK_SHOWN || unit->seen.usb.address != seen->usb.address;
	bool same = track_looks_same(&unit->seen, seen);

	if (again && !track_same_unit(&unit->seen, seen)) {
		track_tell(look, FM_TRACK_LEFT, &unit->seen);
		unit->state = TRACK_NEW;
		unit->since_ns = look->now_ns;
		track_new(look, unit, seen);
		return;
	}
	if (again && unit->state != TRACK_BACK) {
		unit->state = TRACK_BACK;
		unit->since_ns = look->now_ns;
	}
	if (unit->state == TRACK_BACK && !seen->settled &&
	    !track_over(unit->since_ns, look->now_ns, FM_TRACK_SETTLE_MS))
		return;
	unit->seen = *seen;
	unit->state = TRACK_SHOWN;
	if (!same)
		track_tell(look, FM_TRACK_CHANGED, &unit->seen);
	else if (again)
		track_tell(look, FM_TRACK_RETURNED, &unit->seen);
}

static bool track_room(struct fm_track *track, size_t more, struct fm_error *err)
{
	size_t size = track->count + more;
	struct track_unit *units;

	if (size <= track->size)
		return true;
	units = realloc(track->units, size * sizeof(*units));
	if (!units)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the list of units");
	track->units = units;
	track->size = size;
	return true;
}

bool fm_track_update(struct fm_track *track, const struct fm_seen *seen, size_t count,
		     int64_t now_ns, fm_track_report *report, void *user, struct fm_error *err)
{
	const struct track_look look = { track, now_ns, report, user };

	if (!track_room(track, count, err))
		return false;
	track_missing_all(&look, seen, count);
	for (size_t i = 0; i < count; i++) {
		struct track_unit *unit;

		if (!seen[i].present)
			continue;
		unit = track_find(track, &seen[i]);
		if (!unit) {
			unit = &track->units[track->count++];
			unit->state = TRACK_NEW;
			unit->since_ns = now_ns;
		}
		if (unit->state == TRACK_NEW)
			track_new(&look, unit, &seen[i]);
		else
			track_known(&look, unit, &seen[i]);
	}
	return true;
}

int64_t fm_track_due_ns(const struct fm_track *track)
{
	int64_t due_ns = INT64_MAX;

	for (size_t i = 0; i < track->count; i++) {
		const struct track_unit *unit = &track->units[i];
		int64_t ms = unit->state == TRACK_AWAY ? FM_TRACK_AWAY_MS : FM_TRACK_SETTLE_MS;

		if (unit->state != TRACK_SHOWN && unit->since_ns + ms * TRACK_MS < due_ns)
			due_ns = unit->since_ns + ms * TRACK_MS;
	}
	return due_ns;
}
