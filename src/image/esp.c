/*
 * Images of Espressif's chips (docs.espressif.com, esptool, "Firmware Image Format"; ESP-IDF, "App
 * Image Format"), little-endian:
 *
 *   0 0xE9   1 number of segments   2 SPI mode   3 flash size and frequency   4 entry
 *   all but the ESP8266:   12 chip id   14 least revision (old)   15 least revision * 100
 *   17 greatest revision * 100   23 a SHA-256 is appended
 *
 * Each segment is u32 address, u32 length, data. The last byte of the 16 that they end in is the
 * XOR of all their data and 0xEF; the SHA-256 over all before follows it. An application's first
 * segment begins with its descriptor: u32 0xABCD5432, at 16 its version[32], 48 its name[32], 112
 * the ESP-IDF[32].
 */
#include "base/bytes.h"
#include "base/hash.h"
#include "base/scope.h"
#include "base/text.h"
#include "image/header.h"
#include "image/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ESP_MAGIC 0xe9u
#define ESP_CHECKSUM_SEED 0xefu
#define ESP_SEGMENTS_MOST 16u
#define ESP_SPI_MODE_MOST 5u
#define ESP_HEADER_LEN 24u
#define ESP_8266_HEADER_LEN 8u
#define ESP_SEGMENT_LEN 8u
#define ESP_SHA256_LEN 32u

#define ESP_APP_DESC_MAGIC 0xabcd5432u
#define ESP_APP_DESC_AT (ESP_HEADER_LEN + ESP_SEGMENT_LEN)
#define ESP_APP_DESC_LEN 256u
#define ESP_APP_DESC_TEXT 32u

/* esptool, IMAGE_CHIP_ID of its targets; families as the public list of UF2 has them. */
static const struct esp_chip {
	int id; /* -1: its header has none */
	const char *chip_id, *name;
	uint32_t family;
} esp_chips[] = {
	{ -1, "esp8266", "ESP8266", 0x7eab61ed },  { 0, "esp32", "ESP32", 0x1c5f21b0 },
	{ 2, "esp32s2", "ESP32-S2", 0xbfdd4eee },  { 5, "esp32c3", "ESP32-C3", 0xd42ba06c },
	{ 9, "esp32s3", "ESP32-S3", 0xc47e5767 },  { 12, "esp32c2", "ESP32-C2", 0x2b88d29c },
	{ 13, "esp32c6", "ESP32-C6", 0x540ddf62 }, { 16, "esp32h2", "ESP32-H2", 0x332726f6 },
	{ 18, "esp32p4", "ESP32-P4", 0x3d308e94 }, { 20, "esp32c61", "ESP32-C61", 0x77d850c4 },
	{ 23, "esp32c5", "ESP32-C5", 0xf71c0343 }, { 25, "esp32h21", "ESP32-H21", 0xb6dd00af },
	{ 28, "esp32h4", "ESP32-H4", 0x9e0baa8a }, { 32, "esp32s31", "ESP32-S31", 0x3101f7c1 },
};

struct esp {
	const struct esp_chip *chip;
	size_t at;         /* behind what was good */
	const char *fault; /* NULL: all of it */
};

uint32_t fm_esp_family(const char *chip_id)
{
	for (size_t i = 0; i < FM_COUNT(esp_chips); i++) {
		if (strcmp(esp_chips[i].chip_id, chip_id) == 0)
			return esp_chips[i].family;
	}
	return 0;
}

static const struct esp_chip *esp_chip(int id)
{
	for (size_t i = 0; i < FM_COUNT(esp_chips); i++) {
		if (esp_chips[i].id == id)
			return &esp_chips[i];
	}
	return NULL;
}

/* Segments, checksum and hash, behind a header of that length. */
static void esp_walk(const uint8_t *data, size_t len, size_t header_len, struct esp *ret)
{
	uint8_t sum = ESP_CHECKSUM_SEED;
	char hex[FM_SHA256_TEXT], wanted[FM_SHA256_TEXT];
	size_t at = header_len;

	for (unsigned i = 0; i < data[1]; i++) {
		ret->at = at;
		ret->fault = "a segment goes beyond the end of the file: it is cut";
		if (len - at < ESP_SEGMENT_LEN ||
		    len - at - ESP_SEGMENT_LEN < fm_get_le32(data + at + 4))
			return;
		sum ^= fm_bytes_xor(data + at + ESP_SEGMENT_LEN, fm_get_le32(data + at + 4));
		at += ESP_SEGMENT_LEN + fm_get_le32(data + at + 4);
	}
	at |= 15;
	ret->at = at;
	ret->fault = "the checksum is missing: the file is cut";
	if (at >= len)
		return;
	ret->fault = "the checksum is wrong: the file is damaged";
	if (data[at] != sum)
		return;
	ret->at = ++at;
	ret->fault = NULL;
	if (header_len < ESP_HEADER_LEN || data[23] != 1)
		return;
	ret->fault = "the SHA-256 is missing: the file is cut";
	if (len - at < ESP_SHA256_LEN)
		return;
	fm_sha256(data, at, hex);
	fm_bytes_to_hex(data + at, ESP_SHA256_LEN, wanted);
	ret->fault = strcmp(hex, wanted) == 0 ? NULL : "the SHA-256 is wrong: the file is damaged";
}

/* False: it does not look like one. Of the ESP8266 only what is whole does: too little of its
 * header is fixed. */
static bool esp_find(const uint8_t *data, size_t len, struct esp *ret)
{
	struct esp old = { .chip = esp_chip(-1) };

	*ret = (struct esp){ 0 };
	if (len < ESP_8266_HEADER_LEN + ESP_SEGMENT_LEN || data[0] != ESP_MAGIC || data[1] == 0 ||
	    data[1] > ESP_SEGMENTS_MOST || data[2] > ESP_SPI_MODE_MOST)
		return false;
	if (len >= ESP_HEADER_LEN && data[23] <= 1)
		ret->chip = esp_chip(fm_get_le16(data + 12));
	if (ret->chip)
		esp_walk(data, len, ESP_HEADER_LEN, ret);
	if (ret->chip && !ret->fault)
		return true;
	esp_walk(data, len, ESP_8266_HEADER_LEN, &old);
	if (!old.fault)
		*ret = old;
	return ret->chip;
}

static int esp_recognise(const uint8_t *data, size_t len)
{
	struct esp esp;

	if (!esp_find(data, len, &esp))
		return 0;
	/* Damaged: it must not reach a chip as raw data. */
	return esp.fault ? 60 : 100;
}

/* The old field has whole revisions; it counts where the new one is empty. */
static void esp_revisions(struct fm_text *note, const uint8_t *data, struct fm_image *image)
{
	unsigned least = fm_get_le16(data + 15), most = fm_get_le16(data + 17);

	image->least_revision = least ? least : data[14] * 100u;
	image->most_revision = most == 0xffff ? 0 : most;
	if (least)
		fm_text_addf(note, ", revision %u.%u", least / 100, least % 100);
	else if (data[14])
		fm_text_addf(note, ", revision %u", data[14]);
	if (image->most_revision)
		fm_text_addf(note, "%s to %u.%u", image->least_revision ? "" : ", revision up",
			     most / 100, most % 100);
	else if (image->least_revision)
		fm_text_add(note, " and later");
}

static void esp_describe(struct fm_text *note, const uint8_t *data, size_t len,
			 struct fm_image *image)
{
	const uint8_t *text = data + ESP_APP_DESC_AT;
	char project[ESP_APP_DESC_TEXT + 1] = "", idf[ESP_APP_DESC_TEXT + 1] = "";

	if (fm_get_le32(data + ESP_HEADER_LEN + 4) < ESP_APP_DESC_LEN ||
	    len < ESP_APP_DESC_AT + ESP_APP_DESC_LEN || fm_get_le32(text) != ESP_APP_DESC_MAGIC)
		return;
	fm_header_text(image->version, sizeof(image->version), text + 16, ESP_APP_DESC_TEXT);
	fm_header_text(image->description, sizeof(image->description), text + 48,
		       ESP_APP_DESC_TEXT);
	fm_header_text(project, sizeof(project), text + 48, ESP_APP_DESC_TEXT);
	fm_header_text(idf, sizeof(idf), text + 112, ESP_APP_DESC_TEXT);
	if (*project)
		fm_text_addf(note, ", application '%s'", project);
	if (*idf)
		fm_text_addf(note, ", made with ESP-IDF %s", idf);
}

bool fm_esp_tell(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		 struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text note = { 0 };
	struct esp esp;

	if (!esp_find(data, len, &esp))
		return fm_fail_at(err, name, 0, "this is no ESP image");
	if (esp.fault)
		return fm_fail_at(err, name, esp.at, "%s", esp.fault);
	if (!*image->chip_id)
		fm_text_copy(image->chip_id, sizeof(image->chip_id), esp.chip->chip_id);
	fm_text_addf(&note, "is for %s", esp.chip->name);
	if (esp.chip->id >= 0) {
		esp_revisions(&note, data, image);
		esp_describe(&note, data, len, image);
	}
	if (!*image->note)
		fm_text_copy(image->note, sizeof(image->note), note.data);
	return true;
}

static bool esp_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		     struct fm_error *err)
{
	return fm_header_read(name, data, len, fm_esp_tell, image, err);
}

const struct fm_format fm_format_esp = { "esp", "ESP image", esp_recognise, esp_read, NULL };
