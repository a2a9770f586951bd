#include "sim/picoboot/rom.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "sim/picoboot/bus.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC 0x431fd10bu
#define ERASE_NS 45000000 /* a sector; W25Q16JV, typical */
#define PROGRAM_NS 700000 /* a page; the same */

/* boot/picoboot.h; bit 7 of the id is the direction and is left away */
enum {
	EXCLUSIVE_ACCESS = 0x01,
	REBOOT = 0x02,
	FLASH_ERASE = 0x03,
	READ = 0x04,
	WRITE = 0x05,
	EXIT_XIP = 0x06,
	ENTER_CMD_XIP = 0x07,
	EXEC = 0x08,
	VECTORIZE_FLASH = 0x09,
	REBOOT2 = 0x0a,
	GET_INFO = 0x0b,
	OTP_READ = 0x0c,
	OTP_WRITE = 0x0d,
};

/* --- state --- */

void fm_pico_rom_start(struct fm_pico *u)
{
	free(u->rom.data);
	u->rom = (struct fm_pico_rom){ .phase = FM_PICO_COMMAND };
}

static void rom_abort_work(struct fm_pico *u)
{
	struct fm_pico_rom *rom = &u->rom;

	if (rom->work == FM_PICO_ERASING && rom->exited)
		fm_pico_flash_erase(&u->flash, rom->work_at, true);
	free(rom->data);
	rom->data = NULL;
	rom->work = FM_PICO_IDLE;
}

void fm_pico_rom_reset(struct fm_pico *u, bool halted)
{
	struct fm_pico_rom before;

	rom_abort_work(u);
	before = u->rom;
	fm_pico_rom_start(u);
	u->rom.exited = before.exited;
	u->rom.reboot = before.reboot;
	u->rom.halted_out = halted && before.halted_out;
	u->rom.halted_in = halted && before.halted_in;
}

static void rom_halt(struct fm_pico *u)
{
	u->rom.halted_out = u->rom.halted_in = true;
	u->rom.phase = FM_PICO_COMMAND;
}

static bool rom_is_in(const struct fm_pico *u)
{
	return u->rom.command[8] & 0x80;
}

/* The direction of bit 7 goes for the acknowledgement even where there is no data. */
static void rom_done(struct fm_pico *u)
{
	u->rom.phase = rom_is_in(u) ? FM_PICO_ACK_OUT : FM_PICO_ACK_IN;
}

/* Found before the command was taken: both chips halt both endpoints. */
static int rom_refuse(struct fm_pico *u, uint32_t code)
{
	u->rom.status.code = code;
	rom_halt(u);
	return 0;
}

/* Found while a command without data was done: on an RP2040 it is lost. */
static void rom_fail(struct fm_pico *u, uint32_t code)
{
	if (fm_pico_is_rp2350(u))
		rom_refuse(u, code);
	else
		rom_done(u);
}

/* Found in the data phase. */
static void rom_fail_data(struct fm_pico *u, uint32_t code)
{
	u->rom.status.code = code;
	u->rom.phase = FM_PICO_COMMAND;
	if (fm_pico_is_rp2350(u) || rom_is_in(u))
		u->rom.halted_in = true;
	if (fm_pico_is_rp2350(u) || !rom_is_in(u))
		u->rom.halted_out = true;
}

void fm_pico_rom_status(const struct fm_pico *u, uint8_t ret[16])
{
	const struct fm_pico_rom *rom = &u->rom;

	memset(ret, 0, 16);
	fm_put_le32(ret, rom->status.token);
	fm_put_le32(ret + 4, rom->status.code);
	ret[8] = rom->status.command;
	ret[9] = rom->phase != FM_PICO_COMMAND;
}

/* --- work that takes time --- */

static int64_t rom_work_ns(const struct fm_pico *u)
{
	int64_t usual = u->rom.work == FM_PICO_ERASING ? ERASE_NS : PROGRAM_NS;

	return u->options.fast ? 0 : usual * (u->options.slow ? u->options.slow : 1);
}

static void rom_begin_work(struct fm_pico *u, int64_t now_ns, enum fm_pico_work work,
			   uint32_t offset, uint32_t len)
{
	u->rom.work = work;
	u->rom.work_at = offset;
	u->rom.work_end = offset + len;
	u->rom.work_ends_ns = now_ns + rom_work_ns(u);
}

/* The power fails where the nth byte is programmed: what came before it stays. */
static void rom_program(struct fm_pico *u, int64_t now_ns, uint32_t offset, const uint8_t *data)
{
	size_t len = 0;

	while (len < FM_PICO_PAGE && u->unplug_ns == INT64_MAX) {
		if (fm_pico_fault(u, FM_SIM_PICOBOOT_UNPLUG_BYTE, ++u->programmed))
			u->unplug_ns = now_ns;
		else
			len++;
	}
	if (u->rom.exited)
		fm_pico_flash_program(&u->flash, offset, data, len);
}

void fm_pico_rom_worked(struct fm_pico *u, int64_t now_ns)
{
	struct fm_pico_rom *rom = &u->rom;

	if (rom->work == FM_PICO_ERASING) {
		if (rom->exited)
			fm_pico_flash_erase(&u->flash, rom->work_at, false);
		rom->work_at += FM_PICO_SECTOR;
	} else {
		rom_program(u, now_ns, rom->work_at, rom->data);
		rom->work_at += FM_PICO_PAGE;
		memmove(rom->data, rom->data + FM_PICO_PAGE, rom->work_end - rom->work_at);
	}
	rom->work_ends_ns = now_ns + rom_work_ns(u);
	if (rom->work_at < rom->work_end && u->unplug_ns == INT64_MAX)
		return;
	free(rom->data);
	rom->data = NULL;
	rom->work = FM_PICO_IDLE;
	if (rom->left == 0)
		rom_done(u);
}

/* --- commands --- */

static void rom_reboot(struct fm_pico *u, int64_t now_ns)
{
	const uint8_t *args = u->rom.command + 16;
	bool second = (u->rom.command[8] & 0x7f) == REBOOT2;
	uint32_t kind = second ? fm_get_le32(args) & 0xf : fm_get_le32(args) ? 0xd : 0;
	uint32_t delay_ms = fm_get_le32(args + (second ? 4 : 8));

	if (kind != 0 && kind != 2 && kind != 3 && kind != 4 && kind != 0xd) {
		rom_fail(u, FM_PICO_INVALID_ARGUMENT);
		return;
	}
	rom_done(u);
	if (fm_pico_fault(u, FM_SIM_PICOBOOT_STAY, ++u->reboots))
		return;
	u->rom.reboot = true;
	fm_pico_leave(u, now_ns + (int64_t)delay_ms * 1000000,
		      kind == 2 ? FM_PICO_BOOTSEL : FM_PICO_DEAD, kind == 0 || kind == 4);
}

static void rom_erase(struct fm_pico *u, int64_t now_ns)
{
	uint32_t addr = fm_get_le32(u->rom.command + 16), len = fm_get_le32(u->rom.command + 20);

	if ((addr | len) % FM_PICO_SECTOR) {
		rom_fail(u, FM_PICO_BAD_ALIGNMENT);
	} else if (!fm_pico_bus_is_flash(u, addr, len)) {
		rom_fail(u, FM_PICO_BAD_ADDRESS);
	} else if (len == 0) {
		rom_done(u);
	} else {
		u->rom.phase = FM_PICO_ACK_IN;
		rom_begin_work(u, now_ns, FM_PICO_ERASING, addr - FM_PICO_FLASH, len);
	}
}

/* Words behind the first, which counts them: SYS (1) with CHIP_INFO, no partition table (2), a UF2
 * file that never came (4). */
static bool rom_info(struct fm_pico *u)
{
	uint8_t *answer = u->rom.answer;
	uint32_t flags = fm_get_le32(u->rom.command + 20);

	switch (u->rom.command[16]) {
	case 1:
		fm_put_le32(answer, flags & 1 ? 4 : 1);
		fm_put_le32(answer + 4, flags & 1);
		if (flags & 1) {
			fm_put_le32(answer + 12, 0x10000000u + u->options.serial);
			fm_put_le32(answer + 16, 0x5a3c0000u);
		}
		return true;
	case 2:
		fm_put_le32(answer, 1);
		return true;
	case 3:
		fm_put_le32(answer, 3);
		fm_put_le32(answer + 4, UINT32_MAX);
		return true;
	case 4:
		fm_put_le32(answer, 4);
		return true;
	default:
		return false;
	}
}

/* Rows 0 to 3 hold the chip id; nothing else was ever written. */
static void rom_otp(struct fm_pico *u)
{
	const uint8_t *args = u->rom.command + 16;
	uint32_t id[2] = { 0x10000000u + u->options.serial, 0x5a3c0000u };
	size_t width = args[4] ? 2 : 4;

	for (size_t i = 0; i < u->rom.left / width; i++) {
		size_t row = fm_get_le16(args) + i;
		uint32_t value = row < 4 ? id[row / 2] >> row % 2 * 16 & 0xffff : 0;

		u->rom.answer[i * width] = (uint8_t)value;
		u->rom.answer[i * width + 1] = (uint8_t)(value >> 8);
	}
}

static void rom_begin_data(struct fm_pico *u, uint8_t id)
{
	struct fm_pico_rom *rom = &u->rom;

	rom->addr = fm_get_le32(rom->command + 16);
	rom->left = fm_get_le32(rom->command + 12);
	rom->pending = FM_PICO_OK;
	memset(rom->answer, 0, sizeof(rom->answer));
	if (id == READ || id == WRITE)
		rom->pending = fm_pico_bus_check(u, rom->addr, rom->left, id == WRITE);
	else if (id == GET_INFO && !rom_info(u))
		rom->pending = FM_PICO_INVALID_ARGUMENT;
	else if (id == OTP_READ)
		rom_otp(u);
	if (rom->left == 0)
		rom_done(u);
	else if (rom_is_in(u) && rom->pending)
		rom_fail_data(u, rom->pending);
	else
		rom->phase = rom_is_in(u) ? FM_PICO_DATA_IN : FM_PICO_DATA_OUT;
}

static void rom_do(struct fm_pico *u, int64_t now_ns, uint8_t id)
{
	switch (id) {
	case REBOOT:
	case REBOOT2:
		rom_reboot(u, now_ns);
		return;
	case FLASH_ERASE:
		rom_erase(u, now_ns);
		return;
	case READ:
	case WRITE:
	case GET_INFO:
	case OTP_READ:
		rom_begin_data(u, id);
		return;
	case EXCLUSIVE_ACCESS:
		u->rom.exclusive = u->rom.command[16] != 0;
		break;
	case EXIT_XIP:
		u->rom.exited = true;
		break;
	case ENTER_CMD_XIP:
	case EXEC:
		u->rom.exited = false;
		break;
	default:
		break;
	}
	rom_done(u);
}

static int rom_arguments(const struct fm_pico *u, uint8_t id)
{
	static const struct {
		uint8_t len;
		bool rp2040, rp2350;
	} commands[] = {
		[EXCLUSIVE_ACCESS] = { 1, true, true },
		[REBOOT] = { 12, true, false },
		[FLASH_ERASE] = { 8, true, true },
		[READ] = { 8, true, true },
		[WRITE] = { 8, true, true },
		[EXIT_XIP] = { 0, true, true },
		[ENTER_CMD_XIP] = { 0, true, true },
		[EXEC] = { 4, true, false },
		[VECTORIZE_FLASH] = { 4, true, false },
		[REBOOT2] = { 16, false, true },
		[GET_INFO] = { 16, false, true },
		[OTP_READ] = { 5, false, true },
		[OTP_WRITE] = { 5, false, true },
	};

	if (id >= FM_COUNT(commands) ||
	    !(fm_pico_is_rp2350(u) ? commands[id].rp2350 : commands[id].rp2040))
		return -1;
	return commands[id].len;
}

static bool rom_transfer_fits(const struct fm_pico *u, uint8_t id)
{
	const uint8_t *args = u->rom.command + 16;
	uint32_t transfer = fm_get_le32(u->rom.command + 12);

	switch (id) {
	case READ:
	case WRITE:
		return transfer == fm_get_le32(args + 4);
	case OTP_READ:
	case OTP_WRITE:
		return transfer <= sizeof(u->rom.answer) &&
		       transfer == fm_get_le16(args + 2) * (args[4] ? 2u : 4u);
	case GET_INFO:
		return transfer <= sizeof(u->rom.answer);
	default:
		return transfer == 0;
	}
}

static void rom_command(struct fm_pico *u, int64_t now_ns, const uint8_t *packet, size_t len)
{
	struct fm_pico_rom *rom = &u->rom;
	uint8_t id;
	int arguments;

	if (len != sizeof(rom->command) || fm_get_le32(packet) != MAGIC) {
		rom_halt(u);
		return;
	}
	memcpy(rom->command, packet, len);
	rom->left = 0;
	id = packet[8] & 0x7f;
	rom->status = (struct fm_pico_status){ fm_get_le32(packet + 4), FM_PICO_OK, packet[8] };
	arguments = rom_arguments(u, id);
	if (arguments < 0)
		rom_refuse(u, FM_PICO_UNKNOWN_COMMAND);
	else if (packet[9] != arguments)
		rom_refuse(u, FM_PICO_BAD_ARGUMENT_LENGTH);
	else if (!rom_transfer_fits(u, id))
		rom_refuse(u, FM_PICO_BAD_TRANSFER_LENGTH);
	else if (rom->reboot)
		rom_refuse(u, FM_PICO_REBOOTING);
	else if (id == OTP_WRITE)
		rom_refuse(u, FM_PICO_NOT_PERMITTED);
	else
		rom_do(u, now_ns, id);
}

/* --- data phases --- */

/* An error shows at the first chunk of 256 bytes: the rest of the data is stalled. */
static int rom_data_out(struct fm_pico *u, int64_t now_ns, const uint8_t *data, size_t len)
{
	struct fm_pico_rom *rom = &u->rom;
	size_t pages = (len + FM_PICO_PAGE - 1) / FM_PICO_PAGE * FM_PICO_PAGE;
	bool whole = len <= FM_PICO_PAGE;
	uint8_t *ram;

	if (rom->pending || len > rom->left) {
		rom_fail_data(u, rom->pending ? rom->pending : FM_PICO_BAD_TRANSFER_LENGTH);
		return whole ? (int)len : FM_SIM_USB_STALL;
	}
	ram = fm_pico_bus_ram(u, rom->addr, (uint32_t)len);
	if (ram) {
		memcpy(ram, data, len);
	} else {
		rom->data = calloc(1, pages);
		if (!rom->data)
			return FM_SIM_USB_STALL;
		memcpy(rom->data, data, len);
		rom_begin_work(u, now_ns, FM_PICO_PROGRAMMING, rom->addr - FM_PICO_FLASH,
			       (uint32_t)pages);
	}
	rom->addr += (uint32_t)len;
	rom->left -= (uint32_t)len;
	if (ram && rom->left == 0)
		rom_done(u);
	return (int)len;
}

static int rom_data_in(struct fm_pico *u, uint8_t *data, size_t len)
{
	struct fm_pico_rom *rom = &u->rom;
	uint8_t id = rom->command[8] & 0x7f;
	uint32_t n = len < rom->left ? (uint32_t)len : rom->left;
	uint32_t total = fm_get_le32(rom->command + 12);

	if (id == READ)
		fm_pico_bus_read(u, rom->addr, data, n);
	else
		memcpy(data, rom->answer + (total - rom->left), n);
	rom->addr += n;
	rom->left -= n;
	if (rom->left == 0)
		rom_done(u);
	return (int)n;
}

bool fm_pico_rom_ready(const struct fm_pico *u, uint8_t endpoint)
{
	const struct fm_pico_rom *rom = &u->rom;

	if (endpoint == FM_PICO_OUT)
		return rom->halted_out ||
		       (rom->work == FM_PICO_IDLE &&
			(rom->phase == FM_PICO_COMMAND || rom->phase == FM_PICO_DATA_OUT ||
			 rom->phase == FM_PICO_ACK_OUT));
	return rom->halted_in || (rom->work == FM_PICO_IDLE &&
				  (rom->phase == FM_PICO_DATA_IN || rom->phase == FM_PICO_ACK_IN));
}

int fm_pico_rom_transfer(struct fm_pico *u, int64_t now_ns, uint8_t endpoint, uint8_t *data,
			 size_t len)
{
	struct fm_pico_rom *rom = &u->rom;

	if (endpoint == FM_PICO_OUT ? rom->halted_out : rom->halted_in)
		return FM_SIM_USB_STALL;
	switch (rom->phase) {
	case FM_PICO_COMMAND:
		rom_command(u, now_ns, data, len);
		return (int)len;
	case FM_PICO_DATA_OUT:
		return rom_data_out(u, now_ns, data, len);
	case FM_PICO_DATA_IN:
		return rom_data_in(u, data, len);
	case FM_PICO_ACK_OUT:
		rom->phase = FM_PICO_COMMAND;
		return (int)len;
	case FM_PICO_ACK_IN:
		rom->phase = FM_PICO_COMMAND;
		return 0;
	}
	return FM_SIM_USB_STALL;
}
