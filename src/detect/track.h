/*
 * Units over time, from one look at what is attached to the next. A unit on USB is known by its
 * topology path, so that it stays the same one while it changes its ids, its serial number and the
 * name of its port.
 *
 * A unit that leaves USB is held back for FM_TRACK_AWAY_MS, because that is how each change of its
 * mode begins: when something that can be the same unit comes to the same path by then, it has
 * CHANGED or, with the same ids in the same mode, RETURNED (a restart; a bad cable). Else it LEFT.
 * What can't be the same unit (another serial number, or another model, in the same mode) is LEFT
 * and ATTACHED at once. A new unit is held back for at most FM_TRACK_SETTLE_MS until its port and
 * the right to open it are there. Ports that are not USB are never held back.
 */
#ifndef FM_DETECT_TRACK_H
#define FM_DETECT_TRACK_H

#include "detect/scan.h"

#define FM_TRACK_AWAY_MS 2000
#define FM_TRACK_SETTLE_MS 300

enum fm_track_event { FM_TRACK_ATTACHED, FM_TRACK_CHANGED, FM_TRACK_RETURNED, FM_TRACK_LEFT };

/* seen: as it is now; for LEFT as it was last. Valid during the call. */
typedef void fm_track_report(void *user, enum fm_track_event event, const struct fm_seen *seen);

struct fm_track;

/* NULL: no memory. */
struct fm_track *fm_track_new(void);
void fm_track_free(struct fm_track *track);

/* What fm_scan gave at now_ns. Events are reported in the order of paths, what left first. */
bool fm_track_update(struct fm_track *track, const struct fm_seen *seen, size_t count,
		     int64_t now_ns, fm_track_report *report, void *user,
		     struct fm_error *err) FM_MUST_CHECK;
/* When it wants to be called again though nothing has happened; INT64_MAX = never. */
int64_t fm_track_due_ns(const struct fm_track *track);

#endif
