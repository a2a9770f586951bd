/*
 * The only user of libsystemd. org.freedesktop.login1(5), Inhibit: a descriptor that holds the lock
 * as long as it is open, so that the kernel gives it back whatever becomes of the program.
 */
#include "job/inhibit.h"

#include "base/scope.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define INHIBIT_MOST_US 1000000 /* for each answer */

static void inhibit_say(struct fm_host_row *ret, enum fm_verdict state, const char *text,
			const char *reason)
{
	fm_text_copy(ret->name, sizeof(ret->name), "sleep");
	ret->state = state;
	snprintf(ret->text, sizeof(ret->text), "%s%.90s", text, reason);
	fm_text_clean(ret->text);
}

/* Returns the descriptor or a negative error. */
static int inhibit_ask(sd_bus *bus, const char *what, const char *why, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	int fd = -1;
	int result = sd_bus_call_method(bus, "org.freedesktop.login1", "/org/freedesktop/login1",
					"org.freedesktop.login1.Manager", "Inhibit", error, &reply,
					"ssss", what, "flashmend", why, "block");

	if (result >= 0)
		result = sd_bus_message_read(reply, "h", &fd);
	/* the message's own is closed with it */
	if (result >= 0)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	sd_bus_message_unref(reply);
	if (result < 0)
		return result;
	return fd < 0 ? -errno : fd;
}

static const char *inhibit_reason(const sd_bus_error *error, int result)
{
	if (sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
	    sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
		return "no logind runs here";
	if (error->message)
		return error->message;
	return strerrordesc_np(-result);
}

void fm_inhibit_sleep(const char *why, int *ret_fd, struct fm_host_row *ret)
{
	static const char none[] = "not kept off, keep this computer awake: ";
	sd_bus *bus = NULL;
	sd_bus_error both = SD_BUS_ERROR_NULL, alone = SD_BUS_ERROR_NULL;
	int result = sd_bus_open_system(&bus);

	*ret_fd = -1;
	if (result < 0) {
		inhibit_say(ret, FM_WARN, none, "no system bus, so no logind");
		return;
	}
	sd_bus_set_method_call_timeout(bus, INHIBIT_MOST_US);
	*ret_fd = inhibit_ask(bus, "sleep:handle-lid-switch", why, &both);
	if (*ret_fd >= 0) {
		inhibit_say(ret, FM_FITS, "the computer neither sleeps nor minds its lid", "");
	} else if (sd_bus_error_has_name(&both, SD_BUS_ERROR_ACCESS_DENIED) ||
		   sd_bus_error_has_name(&both, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED)) {
		/* who came over the network may ask for this much */
		result = inhibit_ask(bus, "sleep", why, &alone);
		*ret_fd = result;
		if (result >= 0)
			inhibit_say(ret, FM_WARN, "kept off; a closed lid is not: leave it open",
				    "");
		else
			inhibit_say(ret, FM_WARN, none, inhibit_reason(&alone, result));
	} else {
		inhibit_say(ret, FM_WARN, none, inhibit_reason(&both, *ret_fd));
	}
	*ret_fd = *ret_fd < 0 ? -1 : *ret_fd;
	sd_bus_error_free(&both);
	sd_bus_error_free(&alone);
	sd_bus_close_unref(bus);
}
