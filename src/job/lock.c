/*
 * One program for one unit, over all its modes and whatever it is called: links are closed and
 * opened again while the job holds this.
 *
 * A unit on USB is its place, "usb 1-1.4". Behind each port of a bridge is another unit, so that
 * only the port is locked, "usb 1-1.4:1.2"; but whether a device is a bridge two programs may see
 * differently (a model that was named, definitions of a user's own). So who locks a device locks
 * its ports too, and the one who comes second always finds something that is taken.
 */
#include "link/lock.h"
#include "base/scope.h"
#include "base/text.h"
#include "job/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool lock_take(struct fm_job *job, const char *place, int interface, struct fm_error *err)
{
	char name[300], part[16] = "";

	if (interface >= 0)
		snprintf(part, sizeof(part), ":%d", interface);
	snprintf(name, sizeof(name), "the unit at %s%s", place, part);
	if (!fm_lock_take(name, &job->locks[job->lock_count], err))
		return false;
	job->lock_count++;
	return true;
}

static const struct fm_usb_interface *lock_port(const struct fm_usb_device *device, const char *tty)
{
	for (size_t i = 0; i < device->interface_count; i++) {
		if (*device->interfaces[i].tty && strcmp(device->interfaces[i].tty, tty) == 0)
			return &device->interfaces[i];
	}
	return NULL;
}

/* The device that the job speaks to; a port may have been named without it. False: not USB. */
static bool lock_device(const struct fm_job *job, const char *tty, struct fm_usb_device *ret)
{
	FM_FREE struct fm_usb_device *devices = NULL;
	struct fm_error ignored;
	size_t count;

	if (*job->request.seen.path) {
		*ret = job->request.seen;
		return true;
	}
	if (*job->request.usb_path) {
		if (!fm_usb_at(job->request.usb_path, ret, &ignored))
			*ret = (struct fm_usb_device){ 0 };
		fm_text_copy(ret->path, sizeof(ret->path), job->request.usb_path);
		return true;
	}
	if (!fm_usb_list(&devices, &count, &ignored))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (lock_port(&devices[i], tty)) {
			*ret = devices[i];
			return true;
		}
	}
	return false;
}

static bool lock_steps_move(const struct fm_steps *steps)
{
	return fm_steps_have(steps, FM_STEP_BIT(TOUCH) | FM_STEP_BIT(DETACH) |
					    FM_STEP_BIT(REQUEST) | FM_STEP_BIT(REAPPEAR));
}

/* Does the job take the unit to another USB identity? Then it is the unit that is on USB. */
static bool lock_moves(const struct fm_device *device)
{
	for (size_t i = 0; i < device->loader_count; i++) {
		const struct fm_loader *loader = &device->loaders[i];

		if (loader->wire != FM_WIRE_SERIAL || lock_steps_move(&loader->enter) ||
		    lock_steps_move(&loader->leave))
			return true;
	}
	return false;
}

/* A serial port of something that no definition knows in any mode. */
static bool lock_is_bridge(const struct fm_job *job, const struct fm_usb_device *device)
{
	return !lock_moves(&job->device) &&
	       !fm_usb_match_find(job->device.usb, job->device.usb_count, device) &&
	       fm_catalog_match_usb(job->request.catalog, device, NULL, 0) == 0;
}

bool fm_job_lock(struct fm_job *job, struct fm_error *err)
{
	FM_FREE char *real = realpath(job->request.port, NULL);
	const char *tty = real ? real : job->request.port;
	const struct fm_usb_interface *port;
	struct fm_usb_device device = { 0 };
	char place[48];

	if (!lock_device(job, tty, &device))
		return lock_take(job, tty, -1, err);
	snprintf(place, sizeof(place), "usb %s", device.path);
	port = lock_port(&device, tty);
	if (port && lock_is_bridge(job, &device))
		return lock_take(job, place, port->number, err);
	if (!lock_take(job, place, -1, err))
		return false;
	for (size_t i = 0; i < device.interface_count; i++) {
		if (*device.interfaces[i].tty &&
		    !lock_take(job, place, device.interfaces[i].number, err))
			return false;
	}
	return true;
}

void fm_job_unlock(struct fm_job *job)
{
	while (job->lock_count > 0)
		close(job->locks[--job->lock_count]);
}
