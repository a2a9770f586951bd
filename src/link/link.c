#include "link/link.h"

#include <string.h>

void fm_link_wrap(struct fm_link *link, const struct fm_link *inner)
{
	link->clock = inner->clock;
	link->cancel = inner->cancel;
	link->lacks = inner->lacks;
	link->usb_descriptors = inner->usb_descriptors;
	memcpy(link->name, inner->name, sizeof(link->name));
}

bool fm_recv(struct fm_link *link, void *ret_data, size_t len, struct fm_deadline deadline,
	     struct fm_error *err)
{
	size_t got = 0;

	while (got < len) {
		size_t n;

		if (!fm_recv_some(link, (uint8_t *)ret_data + got, len - got, &n, deadline, err)) {
			if (err->code == FM_TIMEOUT && got > 0)
				return fm_fail(err, FM_TIMEOUT, "%s: only %zu of %zu bytes came",
					       link->name, got, len);
			return false;
		}
		got += n;
	}
	return true;
}
