/* The public list of UF2 families (microsoft/uf2, utils/uf2families.json), by id. */
#include "image/uf2_family.h"

#include "base/scope.h"

#include <inttypes.h>

static const struct uf2_family {
	uint32_t id;
	const char *name;
} uf2_families[] = {
	{ 0x00ff6919, "STM32L4" },      { 0x04240bdf, "STM32L5" },
	{ 0x06d1097b, "STM32F411xC" },  { 0x11de784a, "M0SENSE" },
	{ 0x16573617, "ATMEGA32" },     { 0x1851780a, "SAML21" },
	{ 0x1b57745f, "NRF52" },        { 0x1c5f21b0, "ESP32" },
	{ 0x1e1f432d, "STM32L1" },      { 0x202e3a91, "STM32L0" },
	{ 0x21460ff0, "STM32WL" },      { 0x22e0d6fc, "RTL8710B" },
	{ 0x2abc77ec, "LPC55" },        { 0x2b88d29c, "ESP32C2" },
	{ 0x2dc309c5, "STM32F411xE" },  { 0x300f5633, "STM32G0" },
	{ 0x3101f7c1, "ESP32S31" },     { 0x31d228c6, "GD32F350" },
	{ 0x332726f6, "ESP32H2" },      { 0x3379cfe2, "RTL8720D" },
	{ 0x3d308e94, "ESP32P4" },      { 0x4b684d71, "MaixPlay-U4" },
	{ 0x4c71240a, "STM32G4" },      { 0x4e8f1c5d, "STM32H5" },
	{ 0x4f6ace52, "CSK4" },         { 0x4fb2d5bd, "MIMXRT10XX" },
	{ 0x51e903a8, "XR809" },        { 0x53b80f00, "STM32F7" },
	{ 0x540ddf62, "ESP32C6" },      { 0x55114460, "SAMD51" },
	{ 0x57755a57, "STM32F4" },      { 0x5a18069b, "FX2" },
	{ 0x5d1a0a2e, "STM32F2" },      { 0x5ee21072, "STM32F1" },
	{ 0x621e937a, "NRF52833" },     { 0x647824b6, "STM32F0" },
	{ 0x675a40b0, "BK7231U" },      { 0x68ed2b88, "SAMD21" },
	{ 0x699b62ec, "CH32V" },        { 0x6a82cc42, "BK7251" },
	{ 0x6b846188, "STM32F3" },      { 0x6d0922fa, "STM32F407" },
	{ 0x6db66082, "STM32H7" },      { 0x6e7348a8, "CSK6" },
	{ 0x6f752678, "NRF52832xxAB" }, { 0x70d16653, "STM32WB" },
	{ 0x72721d4e, "NRF52832xxAA" }, { 0x7410520a, "MAX32690" },
	{ 0x77d850c4, "ESP32C61" },     { 0x7b3ef230, "BK7231N" },
	{ 0x7be8976d, "RA4M1" },        { 0x7d7a66ef, "PY32F071-UVK5-V3" },
	{ 0x7eab61ed, "ESP8266" },      { 0x7f83e793, "KL32L2" },
	{ 0x820d9a5f, "NRF52820" },     { 0x8fb060fe, "STM32F407VG" },
	{ 0x91d3fd18, "MAX78002" },     { 0x9517422f, "RZA1LU" },
	{ 0x9af03e33, "GD32VF103" },    { 0x9e0baa8a, "ESP32H4" },
	{ 0x9fffd543, "RTL8710A" },     { 0xa0c97b8e, "AT32F415" },
	{ 0xada52840, "NRF52840" },     { 0xb6dd00af, "ESP32H21" },
	{ 0xbfdd4eee, "ESP32S2" },      { 0xc47e5767, "ESP32S3" },
	{ 0xd42ba06c, "ESP32C3" },      { 0xd63f8632, "MAX32650" },
	{ 0xde1270b7, "BL602" },        { 0xe08f7564, "RTL8720C" },
	{ 0xe48bff56, "RP2040" },       { 0xe48bff57, "RP2XXX_ABSOLUTE" },
	{ 0xe48bff58, "RP2XXX_DATA" },  { 0xe48bff59, "RP2350_ARM_S" },
	{ 0xe48bff5a, "RP2350_RISCV" }, { 0xe48bff5b, "RP2350_ARM_NS" },
	{ 0xf0c30d71, "MAX32666" },     { 0xf71c0343, "ESP32C5" },
};

const char *fm_uf2_family_name(uint32_t family)
{
	for (size_t i = 0; i < FM_COUNT(uf2_families); i++) {
		if (uf2_families[i].id == family)
			return uf2_families[i].name;
	}
	return NULL;
}

void fm_uf2_family_list(struct fm_text *text, const uint32_t *families, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = fm_uf2_family_name(families[i]);

		if (i > 0)
			fm_text_add(text, ", ");
		if (name)
			fm_text_add(text, name);
		else
			fm_text_addf(text, "0x%08" PRIx32, families[i]);
	}
}
