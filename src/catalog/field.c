#include "catalog/field.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_NUMBER_MOST ((uint64_t)1 << 32)

static int field_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits up to the first other character; false when there is none or the number is too large. */
static bool field_digits(const char **text, int base, uint64_t *ret_number)
{
	const char *start = *text;
	int digit;

	*ret_number = 0;
	while ((digit = field_digit(**text)) >= 0 && digit < base) {
		*ret_number = *ret_number * (unsigned)base + (unsigned)digit;
		if (*ret_number > FIELD_NUMBER_MOST)
			return false;
		(*text)++;
	}
	return *text != start;
}

/* Stops behind the number and its suffix. */
static bool field_number_at(const char **text, uint64_t *ret_number)
{
	unsigned shift = 0;

	if ((*text)[0] == '0' && (*text)[1] == 'x') {
		*text += 2;
		return field_digits(text, 16, ret_number);
	}
	if (!field_digits(text, 10, ret_number))
		return false;
	if (**text == 'K')
		shift = 10;
	else if (**text == 'M')
		shift = 20;
	*text += shift > 0;
	*ret_number <<= shift; /* 33 bits and 20: no overflow */
	return *ret_number <= FIELD_NUMBER_MOST;
}

bool fm_field_number(const char *text, uint64_t *ret_number)
{
	return field_number_at(&text, ret_number) && *text == '\0';
}

bool fm_field_hex16(const char *text, size_t len, uint16_t *ret_number)
{
	if (len < 3 || len > 6 || text[0] != '0' || text[1] != 'x')
		return false;
	*ret_number = 0;
	for (size_t i = 2; i < len; i++) {
		int digit = field_digit(text[i]);

		if (digit < 0)
			return false;
		*ret_number = (uint16_t)(*ret_number << 4 | digit);
	}
	return true;
}

bool fm_field_framing(const char *text, struct fm_line_settings *settings)
{
	static const char parities[] = "NEO"; /* in the order of enum fm_parity */
	const char *parity;

	if (strlen(text) != 3 || (text[0] != '7' && text[0] != '8') ||
	    !(parity = strchr(parities, text[1])) || (text[2] != '1' && text[2] != '2'))
		return false;
	settings->data_bits = (unsigned)(text[0] - '0');
	settings->parity = (enum fm_parity)(parity - parities);
	settings->stop_bits = (unsigned)(text[2] - '0');
	return true;
}

static bool field_run(const char **text, struct fm_block_run *ret_run)
{
	uint64_t number;

	ret_run->count = 1;
	if (!field_number_at(text, &number))
		return false;
	if (**text == 'x') {
		if (number == 0 || number > UINT32_MAX)
			return false;
		ret_run->count = (uint32_t)number;
		(*text)++;
		if (!field_number_at(text, &number))
			return false;
	}
	ret_run->size = (uint32_t)number;
	return number > 0 && number <= UINT32_MAX;
}

bool fm_field_erase(const char *text, struct fm_block_run runs[FM_RUN_MOST], size_t *ret_count)
{
	for (*ret_count = 0; *ret_count < FM_RUN_MOST;) {
		if (!field_run(&text, &runs[(*ret_count)++]))
			return false;
		if (*text == '\0')
			return true;
		if (*text++ != ',')
			return false;
	}
	return false;
}

static int field_pair(const char *text)
{
	int high = field_digit(text[0]);
	int low = high < 0 ? -1 : field_digit(text[1]);

	return low < 0 ? -1 : high << 4 | low;
}

bool fm_field_interface(const char *text, size_t len, int *ret_class, int *ret_subclass,
			int *ret_protocol)
{
	int *const codes[] = { ret_class, ret_subclass, ret_protocol };

	if (len != 6)
		return false;
	for (size_t i = 0; i < 3; i++) {
		bool any = text[2 * i] == 'x' && text[2 * i + 1] == 'x';

		*codes[i] = any ? -1 : field_pair(text + 2 * i);
		if (!any && *codes[i] < 0)
			return false;
	}
	return true;
}

/* What follows a backslash; moves behind it. -1: nothing that is known. */
static int field_escape(const char **text)
{
	static const char letters[] = "rnt0\\";
	static const char values[] = "\r\n\t\0\\";
	const char *letter;
	int value;

	if (**text == 'x') {
		value = field_pair(*text + 1);
		*text += value < 0 ? 0 : 3;
		return value;
	}
	letter = **text ? strchr(letters, **text) : NULL;
	if (!letter)
		return -1;
	(*text)++;
	return values[letter - letters];
}

bool fm_field_escaped(const char *text, uint8_t **ret_data, size_t *ret_len)
{
	uint8_t *data = malloc(strlen(text) + 1);

	if (!data)
		abort();
	*ret_len = 0;
	while (*text) {
		int byte = (uint8_t)*text++;

		if (byte == '\\' && (byte = field_escape(&text)) < 0) {
			free(data);
			return false;
		}
		data[(*ret_len)++] = (uint8_t)byte;
	}
	*ret_data = data;
	return true;
}

bool fm_field_hex(const char *text, uint8_t **ret_data, size_t *ret_len)
{
	uint8_t *data = malloc(strlen(text) / 2 + 1);

	if (!data)
		abort();
	*ret_len = 0;
	for (; *text; text += 2) {
		int byte = field_pair(text);

		if (byte < 0) {
			free(data);
			return false;
		}
		data[(*ret_len)++] = (uint8_t)byte;
	}
	*ret_data = data;
	return true;
}
