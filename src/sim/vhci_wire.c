#include "sim/vhci_wire.h"

#include "base/bytes.h"
#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CMD_SUBMIT 1
#define CMD_UNLINK 2
#define RET_SUBMIT 3
#define RET_UNLINK 4
#define HEADER_LEN 48
#define DIRECTION_IN 1
#define NO_ISOCHRONOUS 0xffffffffu
#define TRANSFER_MOST (32u << 20) /* usbfs allows 16 MiB by default */

/* False: the wire is cut. */
static bool wire_send(const struct fm_vhci_wire *wire, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		ssize_t n = send(wire->fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool wire_receive(const struct fm_vhci_wire *wire, void *ret, size_t len)
{
	size_t got;

	return fm_io_read(wire->fd, ret, len, &got) && got == len;
}

/* status: 0 or a negative errno value */
static bool wire_answer(const struct fm_vhci_wire *wire, uint32_t command, uint32_t seqnum,
			int status, const struct fm_vhci_urb *urb, size_t actual)
{
	uint8_t header[HEADER_LEN] = { 0 };

	fm_put_be32(header, command);
	fm_put_be32(header + 4, seqnum);
	fm_put_be32(header + 20, (uint32_t)status);
	if (urb) {
		fm_put_be32(header + 24, (uint32_t)actual);
		fm_put_be32(header + 32, NO_ISOCHRONOUS);
	}
	if (!wire_send(wire, header, sizeof(header)))
		return false;
	return !urb || !(urb->endpoint & 0x80) || wire_send(wire, urb->data, actual);
}

bool fm_vhci_wire_answer(const struct fm_vhci_wire *wire, const struct fm_vhci_urb *urb, int status,
			 size_t actual)
{
	return wire_answer(wire, RET_SUBMIT, urb->seqnum, status, urb, actual);
}

static bool wire_submitted(struct fm_vhci_wire *wire, const uint8_t header[HEADER_LEN])
{
	uint32_t len = fm_get_be32(header + 24);
	bool in = fm_get_be32(header + 12) == DIRECTION_IN;
	struct fm_vhci_urb **end = &wire->waiting, *urb;

	if (len > TRANSFER_MOST)
		return false;
	/* a unit may look at the length of the setup, whatever the host has room for */
	urb = calloc(1, sizeof(*urb) + (len > UINT16_MAX ? len : UINT16_MAX));
	if (!urb)
		return false;
	urb->seqnum = fm_get_be32(header + 4);
	urb->flags = fm_get_be32(header + 20);
	urb->endpoint = (uint8_t)((fm_get_be32(header + 16) & 15) | (in ? 0x80u : 0));
	urb->len = len;
	memcpy(urb->setup, header + 40, sizeof(urb->setup));
	if (!in && !wire_receive(wire, urb->data, len)) {
		free(urb);
		return false;
	}
	while (*end)
		end = &(*end)->next;
	*end = urb;
	return true;
}

static bool wire_unlinked(struct fm_vhci_wire *wire, const uint8_t header[HEADER_LEN])
{
	uint32_t seqnum = fm_get_be32(header + 20);
	int status = 0; /* it was answered meanwhile */

	for (struct fm_vhci_urb **at = &wire->waiting, *urb; (urb = *at); at = &urb->next) {
		if (urb->seqnum == seqnum) {
			*at = urb->next;
			free(urb);
			status = -ECONNRESET;
			break;
		}
	}
	return wire_answer(wire, RET_UNLINK, fm_get_be32(header + 4), status, NULL, 0);
}

bool fm_vhci_wire_receive(struct fm_vhci_wire *wire)
{
	uint8_t header[HEADER_LEN];

	if (!wire_receive(wire, header, sizeof(header)))
		return false;
	switch (fm_get_be32(header)) {
	case CMD_SUBMIT:
		return wire_submitted(wire, header);
	case CMD_UNLINK:
		return wire_unlinked(wire, header);
	default:
		return false;
	}
}

void fm_vhci_wire_drop(struct fm_vhci_wire *wire)
{
	struct fm_vhci_urb *urb;

	close(wire->fd);
	wire->fd = -1;
	while ((urb = wire->waiting)) {
		wire->waiting = urb->next;
		free(urb);
	}
}
