#include "link/usb_private.h"

#include "base/bytes.h"
#include "base/text.h"

#include <stdlib.h>

/* Universal Serial Bus Specification 2.0, tables 9-5 and 9-10. */
#define DESCRIPTOR_CONFIGURATION 2
#define DESCRIPTOR_STRING 3
#define CONFIGURATION_LEN 9

const uint8_t *fm_usb_descriptor_next(const uint8_t *config, size_t len, size_t *at, uint8_t type)
{
	while (*at < len && len - *at >= 2) {
		const uint8_t *descriptor = config + *at;

		if (descriptor[0] < 2 || descriptor[0] > len - *at)
			return NULL;
		*at += descriptor[0];
		if (type == 0 || descriptor[1] == type)
			return descriptor;
	}
	return NULL;
}

size_t fm_usb_configuration(const uint8_t *configs, size_t len, uint8_t value,
			    const uint8_t **ret_config)
{
	while (len >= CONFIGURATION_LEN && configs[1] == DESCRIPTOR_CONFIGURATION) {
		size_t total = fm_get_le16(configs + 2);

		if (total < CONFIGURATION_LEN || total > len)
			return 0;
		*ret_config = configs;
		if (configs[5] == value)
			return total;
		configs += total;
		len -= total;
	}
	return 0;
}

/* Both bytes of each character are letters of ASCII: text that was never made UTF-16. */
static bool string_is_8bit(const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len > 0;
}

/* UTF-8 of a 16-bit character; '.' for one half of a pair. */
static size_t string_encode(unsigned code, char ret[3])
{
	if (code >= 0xd800 && code < 0xe000)
		code = '.';
	if (code < 0x80) {
		ret[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		ret[0] = (char)(0xc0 | code >> 6);
		ret[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	ret[0] = (char)(0xe0 | code >> 12);
	ret[1] = (char)(0x80 | (code >> 6 & 0x3f));
	ret[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

bool fm_usb_string_decode(const uint8_t *raw, size_t len, char *ret_text, size_t size)
{
	char text[3 * 128 + 1];
	size_t n = 0;

	if (len < 2 || raw[1] != DESCRIPTOR_STRING)
		return false;
	len = (raw[0] >= 2 && raw[0] < len ? raw[0] : len) - 2;
	len = len > 253 ? 253 : len;
	if (string_is_8bit(raw + 2, len)) {
		fm_text_printable(text, sizeof(text), (const char *)raw + 2, len);
	} else {
		for (size_t i = 0; i + 2 <= len && fm_get_le16(raw + 2 + i) != 0; i += 2)
			n += string_encode(fm_get_le16(raw + 2 + i), text + n);
		text[n] = '\0';
		fm_text_clean(text);
	}
	fm_text_copy(ret_text, size, text);
	return true;
}
