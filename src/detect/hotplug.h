/*
 * Being told that something was attached or left: by udevd, once it is done with the device (its
 * name and its rights are then what they will be). What it was is found by looking again: nothing
 * is kept of the events. Where no udevd runs (a container), the caller is sent to look by the
 * clock.
 */
#ifndef FM_DETECT_HOTPLUG_H
#define FM_DETECT_HOTPLUG_H

#include "base/error.h"

struct fm_hotplug;

bool fm_hotplug_open(struct fm_hotplug **ret_hotplug, struct fm_error *err) FM_MUST_CHECK;
void fm_hotplug_close(struct fm_hotplug *hotplug);

/* To poll for POLLIN; -1, which poll() passes over, where no udevd runs. */
int fm_hotplug_fd(const struct fm_hotplug *hotplug);
/* How long poll() may wait before it is time to look again all the same. */
int fm_hotplug_timeout_ms(const struct fm_hotplug *hotplug);
/* Take what has come in. True: look again. */
bool fm_hotplug_drain(struct fm_hotplug *hotplug);

/* For a scope's end. */
static inline void fm_hotplug_done(struct fm_hotplug **hotplug)
{
	fm_hotplug_close(*hotplug);
}

#endif
