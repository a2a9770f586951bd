#include "avr-chip.h"

#include "avr-memory.h"
#include "avr-watchdog.h"

#include "base/scope.h"

#include <simavr/avr_flash.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>

#include <stdlib.h>
#include <string.h>

/* A program that polls is only run turn by turn when the line was quiet for longer: some loaders
 * count the turns to find out that nobody calls. */
#define CHIP_SKIP_NS 50000000
/* Looks at a register in a row, nothing sent between them, that are a loop which waits. */
#define CHIP_SKIP_LOOKS 4
/* How often it runs by itself; what it sends is seen so much later, as behind a bridge. */
#define CHIP_SLICE_NS 500000
/* A chip that this host is too busy for loses time. If it answered ever later, nobody could tell it
 * anything any more. */
#define CHIP_BEHIND_NS 100000000
/* Fuses of the boards (slow crystal): so long does a reset last. */
#define CHIP_START_SECONDS 0.065
/* The receiver's FIFO of two and its shift register; simavr counts the byte on the line too. */
#define CHIP_UNREAD_MOST 4

/* Hears of the SPM instruction. */
struct chip_spm {
	avr_io_t io;
	struct avr_chip *chip;
};

struct avr_chip {
	struct fm_sim_unit unit;
	const struct avr_chip_settings *settings;
	avr_t *avr;
	avr_uart_t *uart;
	avr_flash_t *spm;
	avr_irq_t *input;
	struct avr_watchdog watchdog;
	struct chip_spm spm_listener;
	int64_t now_ns;     /* the program has run until here */
	int64_t next_ns;    /* when it runs again */
	double owed_cycles; /* parts of an instruction, or how far one went beyond now_ns */
	uint32_t nrww_addr; /* from here on the program stands still while a page is written */
	unsigned looks;     /* in vain for a byte or for the end of SPM, in a row */
	int64_t heard_ns;   /* when the last byte came */
	bool crashed;       /* ran into nonsense; silent until a reset */
	bool cut;           /* the power goes after cut_bytes more */
	unsigned long cut_bytes;
	struct avr_chip_counts counts;
};

static struct avr_chip *chip_of(struct fm_sim_unit *unit)
{
	return (struct avr_chip *)unit;
}

/* --- self-programming: simavr's takes no time ----------------------------------------------------
 */

static avr_cycle_count_t chip_spm_cycles(const struct avr_chip *chip)
{
	return (avr_cycle_count_t)(chip->settings->frequency_hz * chip->settings->spm_ms / 1000);
}

static avr_cycle_count_t chip_spm_done(avr_t *avr, avr_cycle_count_t when, void *data)
{
	struct avr_chip *chip = data;

	(void)when;
	avr_regbit_clear(avr, chip->spm->selfprgen);
	return 0;
}

/* Data sheet of the ATmega328P, 27.2: while a page of the RWW section is erased or written the
 * loader runs on and polls SELFPRGEN; for a page of the NRWW section the CPU is halted. */
static avr_cycle_count_t chip_spm_started(avr_t *avr, avr_cycle_count_t when, void *data)
{
	struct avr_chip *chip = data;
	uint32_t z = avr->data[30] | (uint32_t)avr->data[31] << 8;

	(void)when;
	if (avr->rampz)
		z |= (uint32_t)avr->data[avr->rampz] << 16;
	if (z >= chip->nrww_addr) {
		avr->cycle += chip_spm_cycles(chip);
		return 0;
	}
	avr_regbit_set(avr, chip->spm->selfprgen);
	avr_cycle_timer_register(avr, chip_spm_cycles(chip), chip_spm_done, chip);
	return 0;
}

/* The core tells every module about SPM until one takes it: this one is asked first, and simavr's
 * own does it and clears SELFPRGEN. The timer comes right after the instruction. */
static int chip_spm_ioctl(avr_io_t *io, uint32_t request, void *parameter)
{
	struct avr_chip *chip = ((struct chip_spm *)io)->chip;

	(void)parameter;
	if (request == AVR_IOCTL_FLASH_SPM && (avr_regbit_get(chip->avr, chip->spm->pgers) ||
					       avr_regbit_get(chip->avr, chip->spm->pgwrt)))
		avr_cycle_timer_register(chip->avr, 1, chip_spm_started, chip);
	return -1;
}

static uint8_t chip_spmcsr_read(avr_t *avr, avr_io_addr_t addr, void *data)
{
	struct avr_chip *chip = data;

	if (avr_regbit_get(avr, chip->spm->selfprgen))
		chip->looks++;
	return avr->data[addr];
}

/* --- the program --------------------------------------------------------------------------------
 */

static void chip_sent(struct avr_irq_t *irq, uint32_t value, void *data)
{
	struct avr_chip *chip = data;
	uint8_t byte = (uint8_t)value;

	(void)irq;
	chip->looks = 0;
	chip->counts.sent++;
	if (chip->unit.out_count < FM_SIM_OUT_MOST)
		fm_sim_say(&chip->unit, &byte, 1);
}

/* simavr says so whenever the program asks for a byte and there is none. */
static void chip_looked(struct avr_irq_t *irq, uint32_t value, void *data)
{
	struct avr_chip *chip = data;

	(void)irq;
	(void)value;
	chip->looks++;
}

/* 0 while the receiver is off. */
static unsigned chip_baud(const struct avr_chip *chip)
{
	avr_t *avr = chip->avr;
	unsigned ubrr = avr_regbit_get(avr, chip->uart->ubrrl) |
			(unsigned)avr_regbit_get(avr, chip->uart->ubrrh) << 8;

	if (!avr_regbit_get(avr, chip->uart->rxen))
		return 0;
	return avr->frequency / ((avr_regbit_get(avr, chip->uart->u2x) ? 8 : 16) * (ubrr + 1));
}

static void chip_watchdog_reset(struct avr_chip *chip)
{
	avr_t *avr = chip->avr;

	avr_reset(avr);
	avr_regbit_clear(avr, avr->reset_flags.porf);
	avr_watchdog_start(&chip->watchdog);
	chip->counts.watchdogs++;
}

/*
 * Behind the end of the flash simavr stops, a chip goes on at its start: its program counter has no
 * more bits.
 */
static void chip_stopped(struct avr_chip *chip)
{
	avr_t *avr = chip->avr;

	if (avr->state == cpu_Crashed && avr->pc >= avr->flashend) {
		avr->pc &= avr->flashend;
		avr->state = cpu_Running;
		return;
	}
	chip->crashed = true;
	chip->counts.crashes++;
}

/* Nothing changes for a program that polls before the next timer, so that it needs no host's time.
 */
static void chip_skip(struct avr_chip *chip)
{
	avr_t *avr = chip->avr;
	const avr_cycle_timer_slot_t *next = avr->cycle_timers.timer;
	avr_cycle_count_t skipped =
		chip->owed_cycles > 0 ? (avr_cycle_count_t)chip->owed_cycles : 0;

	chip->looks = 0;
	if (chip->now_ns - chip->heard_ns > CHIP_SKIP_NS)
		return;
	if (next && next->when < avr->cycle + skipped)
		skipped = next->when > avr->cycle ? next->when - avr->cycle : 0;
	avr->cycle += skipped;
	chip->owed_cycles -= (double)skipped;
}

/* Until then, and not beyond it by more than what simavr runs in one go. The count of cycles starts
 * again at a reset, and some steps take none, but time must pass. */
static void chip_run(struct avr_chip *chip, int64_t ns)
{
	avr_t *avr = chip->avr;

	chip->owed_cycles += (double)ns * avr->frequency / 1e9;
	while (chip->owed_cycles > 0 && !chip->crashed) {
		avr_cycle_count_t before = avr->cycle;
		int state = avr_run(avr);

		chip->owed_cycles -= avr->cycle > before   ? (double)(avr->cycle - before)
				     : avr->cycle < before ? (double)avr->cycle
							   : 1;
		if (state == cpu_Done || state == cpu_Crashed)
			chip_stopped(chip);
		if (chip->watchdog.bitten)
			chip_watchdog_reset(chip);
		if (chip->looks >= CHIP_SKIP_LOOKS)
			chip_skip(chip);
	}
	if (chip->crashed)
		chip->owed_cycles = 0;
	chip->unit.baud = chip_baud(chip);
}

static void chip_advance(struct fm_sim_unit *unit, int64_t now_ns)
{
	struct avr_chip *chip = chip_of(unit);
	int64_t real_ns = fm_now_ns(fm_clock_real()), ns = now_ns - chip->now_ns;

	if (unit->powered && ns > 0)
		chip_run(chip, ns < CHIP_SLICE_NS ? ns : CHIP_SLICE_NS);
	chip->now_ns = now_ns;
	chip->next_ns = real_ns - now_ns > CHIP_BEHIND_NS ? real_ns : now_ns + CHIP_SLICE_NS;
}

static int64_t chip_next_event(const struct fm_sim_unit *unit)
{
	const struct avr_chip *chip = (const struct avr_chip *)unit;

	return chip->crashed ? INT64_MAX : chip->next_ns;
}

static void chip_power_off(struct avr_chip *chip)
{
	chip->cut = false;
	chip->unit.powered = false;
	chip->unit.out_count = 0;
}

static unsigned chip_unread(const struct avr_chip *chip)
{
	const uart_fifo_t *fifo = &chip->uart->input;

	return (unsigned)(fifo->write - fifo->read) % FM_COUNT(fifo->buffer);
}

static void chip_feed(struct fm_sim_unit *unit, int64_t now_ns, uint8_t byte, bool garbled)
{
	struct avr_chip *chip = chip_of(unit);

	chip_advance(unit, now_ns);
	chip->heard_ns = now_ns;
	chip->counts.received++;
	chip->counts.garbled += garbled;
	if (chip->cut && chip->cut_bytes-- <= 1) {
		chip_power_off(chip);
		return;
	}
	if (chip->crashed || unit->baud == 0)
		return;
	/* The newest byte is lost when the program did not read the ones before it in time: data
	 * sheet of the ATmega328P, 20.8.4, Data OverRun. simavr's own FIFO holds 64. */
	if (chip_unread(chip) >= CHIP_UNREAD_MOST)
		chip->counts.overruns++;
	else
		avr_raise_irq(chip->input, garbled ? (uint32_t)(byte | UART_INPUT_FE) : byte);
}

static void chip_reset(struct fm_sim_unit *unit, int64_t now_ns, bool external)
{
	struct avr_chip *chip = chip_of(unit);
	avr_t *avr = chip->avr;

	avr_reset(avr);
	avr_regbit_clear(avr, avr->reset_flags.porf);
	avr_regbit_set(avr, external ? avr->reset_flags.extrf : avr->reset_flags.porf);
	chip->crashed = false;
	chip->owed_cycles = -CHIP_START_SECONDS * avr->frequency;
	chip->now_ns = chip->next_ns = now_ns;
	chip->counts.resets++;
	unit->baud = 0;
}

static void chip_free(struct fm_sim_unit *unit)
{
	struct avr_chip *chip = chip_of(unit);

	avr_terminate(chip->avr);
	free(chip->avr);
	free(chip);
}

static const struct fm_sim_unit_ops chip_ops = { chip_feed, chip_advance, chip_next_event,
						 chip_reset, chip_free };

bool avr_chip_save(struct fm_sim_unit *unit, struct fm_error *err)
{
	const struct avr_chip *chip = chip_of(unit);

	return avr_memory_save(chip->avr, chip->settings, err);
}

/* --- making one ---------------------------------------------------------------------------------
 */

/* What a random application does to it is no news to the user. */
static void chip_silent(avr_t *avr, const int level, const char *format, va_list arguments)
{
	(void)avr;
	(void)level;
	(void)format;
	(void)arguments;
}

/* Time is kept by the adapter. */
static void chip_sleep(avr_t *avr, avr_cycle_count_t cycles)
{
	(void)avr;
	(void)cycles;
}

/* The largest boot section: data sheets, "Read-While-Write limit". */
static uint32_t chip_nrww_len(uint32_t flash_len)
{
	return flash_len <= 8192    ? 2048
	       : flash_len <= 16384 ? 2048
	       : flash_len <= 32768 ? 4096
				    : 8192;
}

static void chip_connect(struct avr_chip *chip)
{
	avr_t *avr = chip->avr;
	uint32_t flags = 0;

	for (avr_io_t *io = avr->io_port; io; io = io->next) {
		if (strcmp(io->kind, "uart") == 0 && ((avr_uart_t *)io)->name == '0')
			chip->uart = (avr_uart_t *)io;
		if (strcmp(io->kind, "flash") == 0)
			chip->spm = (avr_flash_t *)io;
	}
	avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
	chip->input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT),
				chip_sent, chip);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON),
				chip_looked, chip);
	avr_register_io_read(avr, chip->spm->r_spm, chip_spmcsr_read, chip);
	chip->spm_listener.chip = chip;
	chip->spm_listener.io.kind = "flashmend-spm";
	chip->spm_listener.io.ioctl = chip_spm_ioctl;
	if (chip->settings->spm_ms > 0)
		avr_register_io(avr, &chip->spm_listener.io);
}

bool avr_chip_new(const struct avr_chip_settings *settings, struct fm_sim_unit **ret_unit,
		  struct fm_error *err)
{
	struct avr_chip *chip = calloc(1, sizeof(*chip));

	if (!chip)
		return fm_fail(err, FM_NO_MEMORY, "out of memory");
	avr_global_logger_set(chip_silent);
	chip->settings = settings;
	chip->avr = avr_make_mcu_by_name(settings->mcu);
	if (!chip->avr) {
		free(chip);
		return fm_fail(err, FM_UNKNOWN_MODEL, "simavr has no %s", settings->mcu);
	}
	avr_init(chip->avr);
	chip->avr->frequency = settings->frequency_hz;
	chip->avr->sleep = chip_sleep;
	chip->unit.ops = &chip_ops;
	chip->unit.powered = true;
	chip->unit.flash = chip->avr->flash;
	chip->unit.flash_len = chip->avr->flashend + 1;
	chip->nrww_addr = (uint32_t)chip->unit.flash_len - chip_nrww_len(chip->avr->flashend + 1);
	chip_connect(chip);
	avr_watchdog_replace(&chip->watchdog, chip->avr);
	if (!avr_memory_load(chip->avr, settings, err)) {
		chip_free(&chip->unit);
		return false;
	}
	*ret_unit = &chip->unit;
	return true;
}

void avr_chip_cut_after(struct fm_sim_unit *unit, unsigned long bytes)
{
	struct avr_chip *chip = chip_of(unit);

	chip->cut = bytes > 0;
	chip->cut_bytes = bytes;
	if (bytes == 0)
		chip_power_off(chip);
}

void avr_chip_counts(const struct fm_sim_unit *unit, struct avr_chip_counts *ret)
{
	*ret = ((const struct avr_chip *)unit)->counts;
}
