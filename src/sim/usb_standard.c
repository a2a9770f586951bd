/* Standard requests of a USB device: USB 2.0, chapter 9.4. */
#include "sim/usb.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <string.h>

/* bRequest, table 9-4 */
enum {
	GET_STATUS = 0,
	CLEAR_FEATURE = 1,
	SET_FEATURE = 3,
	SET_ADDRESS = 5,
	GET_DESCRIPTOR = 6,
	GET_CONFIGURATION = 8,
	SET_CONFIGURATION = 9,
	GET_INTERFACE = 10,
	SET_INTERFACE = 11,
};

/* Descriptor types, table 9-5 */
enum {
	DEVICE = 1,
	CONFIGURATION = 2,
	STRING = 3,
	INTERFACE = 4,
	ENDPOINT = 5,
	DEVICE_QUALIFIER = 6,
	OTHER_SPEED_CONFIGURATION = 7,
};

/* Feature selectors, table 9-6 */
enum { ENDPOINT_HALT = 0, DEVICE_REMOTE_WAKEUP = 1 };

#define ENGLISH 0x0409
#define SELF_POWERED 0x40  /* bmAttributes of the configuration, table 9-10 */
#define REMOTE_WAKEUP 0x20 /* the same */

struct standard_setup {
	uint8_t type, request;
	uint16_t value, index, len;
};

static int standard_give(const struct standard_setup *setup, uint8_t *data, const void *from,
			 size_t len)
{
	len = len < setup->len ? len : setup->len;
	memcpy(data, from, len);
	return (int)len;
}

/* How many descriptors of this type have `value` at `at`. */
static unsigned standard_count(const struct fm_sim_usb_tables *tables, uint8_t type, size_t at,
			       unsigned value)
{
	const uint8_t *config = tables->config;
	size_t len = fm_get_le16(config + 2);
	unsigned count = 0;

	for (size_t i = 0; i + 2 <= len && config[i] >= 2; i += config[i])
		count += config[i + 1] == type && config[i] > at && config[i + at] == value;
	return count;
}

static bool standard_has_interface(const struct fm_sim_usb_tables *tables, uint16_t interface)
{
	return tables->configuration != 0 && interface < FM_COUNT(tables->alternates) &&
	       standard_count(tables, INTERFACE, 2, interface) > 0;
}

static bool standard_has_endpoint(const struct fm_sim_usb_tables *tables, uint16_t endpoint)
{
	return (endpoint & 0x7f) == 0 ||
	       (tables->configuration != 0 && standard_count(tables, ENDPOINT, 2, endpoint) > 0);
}

static int standard_string(const struct fm_sim_usb_tables *tables,
			   const struct standard_setup *setup, uint8_t *data)
{
	static const uint8_t languages[] = { 4, STRING, ENGLISH & 0xff, ENGLISH >> 8 };
	uint8_t text[254] = { 2, STRING }; /* an even length: the most that bLength can say */
	unsigned index = setup->value & 0xff;
	const char *from;

	if (index == 0)
		return standard_give(setup, data, languages, sizeof(languages));
	for (unsigned i = 1; i < index; i++) {
		if (!tables->strings[i])
			return FM_SIM_USB_STALL;
	}
	from = tables->strings[index];
	if (!from)
		return FM_SIM_USB_STALL;
	for (; *from && text[0] + 2u <= sizeof(text); text[0] = (uint8_t)(text[0] + 2)) {
		text[text[0]] = (uint8_t)*from++;
		text[text[0] + 1] = 0;
	}
	return standard_give(setup, data, text, text[0]);
}

/* Of the same device at its other speed, 9.6.2: only what can do high speed has one. */
static int standard_qualifier(const struct fm_sim_usb_tables *tables,
			      const struct standard_setup *setup, uint8_t *data)
{
	const uint8_t *d = tables->device;
	const uint8_t qualifier[10] = {
		10, DEVICE_QUALIFIER, d[2], d[3], d[4], d[5], d[6], d[7], d[17], 0
	};

	if (!tables->high_speed)
		return FM_SIM_USB_STALL;
	return standard_give(setup, data, qualifier, sizeof(qualifier));
}

static int standard_descriptor(const struct fm_sim_usb_tables *tables,
			       const struct standard_setup *setup, uint8_t *data)
{
	size_t config_len = fm_get_le16(tables->config + 2);
	int len;

	switch (setup->value >> 8) {
	case DEVICE:
		return standard_give(setup, data, tables->device, 18);
	case CONFIGURATION:
		if ((setup->value & 0xff) != 0)
			return FM_SIM_USB_STALL;
		return standard_give(setup, data, tables->config, config_len);
	case STRING:
		return standard_string(tables, setup, data);
	case DEVICE_QUALIFIER:
		return standard_qualifier(tables, setup, data);
	case OTHER_SPEED_CONFIGURATION:
		if (!tables->high_speed || (setup->value & 0xff) != 0)
			return FM_SIM_USB_STALL;
		len = standard_give(setup, data, tables->config, config_len);
		if (len > 1)
			data[1] = OTHER_SPEED_CONFIGURATION;
		return len;
	default:
		return FM_SIM_USB_STALL;
	}
}

static int standard_device(struct fm_sim_usb_tables *tables, const struct standard_setup *setup,
			   uint8_t *data)
{
	const uint8_t attributes = tables->config[7];
	const uint8_t status[2] = { (attributes & SELF_POWERED) != 0, 0 };

	switch (setup->request) {
	case GET_STATUS:
		return standard_give(setup, data, status, sizeof(status));
	case CLEAR_FEATURE:
	case SET_FEATURE:
		return setup->value == DEVICE_REMOTE_WAKEUP && (attributes & REMOTE_WAKEUP)
			       ? 0
			       : FM_SIM_USB_STALL;
	case SET_ADDRESS:
		return 0; /* which address it has is the adapter's affair */
	case GET_DESCRIPTOR:
		return standard_descriptor(tables, setup, data);
	case GET_CONFIGURATION:
		return standard_give(setup, data, &tables->configuration, 1);
	case SET_CONFIGURATION:
		if (setup->value != 0 && setup->value != tables->config[5])
			return FM_SIM_USB_STALL;
		tables->configuration = (uint8_t)setup->value;
		memset(tables->alternates, 0, sizeof(tables->alternates));
		return 0;
	default:
		return FM_SIM_USB_STALL;
	}
}

/* The alternates of an interface are numbered from 0 without a gap. */
static int standard_interface(struct fm_sim_usb_tables *tables, const struct standard_setup *setup,
			      uint8_t *data)
{
	if (!standard_has_interface(tables, setup->index))
		return FM_SIM_USB_STALL;
	switch (setup->request) {
	case GET_STATUS:
		return standard_give(setup, data, "\0", 2);
	case GET_INTERFACE:
		return standard_give(setup, data, &tables->alternates[setup->index], 1);
	case SET_INTERFACE:
		if (setup->value >= standard_count(tables, INTERFACE, 2, setup->index))
			return FM_SIM_USB_STALL;
		tables->alternates[setup->index] = (uint8_t)setup->value;
		return 0;
	default:
		return FM_SIM_USB_STALL;
	}
}

/* No endpoint is ever found halted: a core that halts one answers these requests itself. */
static int standard_endpoint(const struct fm_sim_usb_tables *tables,
			     const struct standard_setup *setup, uint8_t *data)
{
	if (!standard_has_endpoint(tables, setup->index))
		return FM_SIM_USB_STALL;
	if (setup->request == GET_STATUS)
		return standard_give(setup, data, "\0", 2);
	return setup->request == CLEAR_FEATURE && setup->value == ENDPOINT_HALT ? 0
										: FM_SIM_USB_STALL;
}

int fm_sim_usb_standard(struct fm_sim_usb_tables *tables, const uint8_t setup[8], uint8_t *data)
{
	const struct standard_setup parsed = { setup[0], setup[1], fm_get_le16(setup + 2),
					       fm_get_le16(setup + 4), fm_get_le16(setup + 6) };

	switch (parsed.type & 0x7f) {
	case 0:
		return standard_device(tables, &parsed, data);
	case 1:
		/* Class descriptors are asked of the interface; a core that has some adds them. */
		return standard_interface(tables, &parsed, data);
	case 2:
		return standard_endpoint(tables, &parsed, data);
	default:
		return FM_SIM_USB_STALL;
	}
}
