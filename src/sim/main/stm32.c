/* flashmend-sim stm32: units behind serial ports, which are ptys. */
#include "sim/main/stm32.h"

#include "base/clock.h"
#include "base/scope.h"
#include "sim/main/command.h"
#include "sim/pty.h"
#include "sim/stm32/chip.h"
#include "sim/stm32/stm32.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNITS_MOST 64

struct settings {
	struct fm_sim_stm32_options stm32;
	const char *link, *flash;
	unsigned count, character_bits;
	unsigned power_back_ms; /* after a power cut; 0 = only by SIGUSR1 */
};

/* One simulated unit and its thread. */
struct seat {
	const struct settings *settings;
	struct fm_sim_unit *unit;
	struct fm_sim_pty *pty;
	char link[256], flash[256]; /* "" = none */
	pthread_t thread;
	bool running;
	atomic_bool wake;  /* look at what changed */
	atomic_bool press; /* power off and on */
};

static atomic_bool sim_stop, sim_failed;

/* --- a unit at its port --- */

static bool seat_plug_in(struct seat *seat, struct fm_error *err)
{
	const struct fm_sim_pty_options options = {
		.link = seat->link[0] ? seat->link : NULL,
		.character_bits = seat->settings->character_bits,
		.reset_on_open = seat->settings->stm32.reset_wired,
	};

	if (!fm_sim_pty_open(seat->unit, &options, &seat->pty, err))
		return false;
	printf("ready %s%s%s\n", fm_sim_pty_path(seat->pty), seat->link[0] ? " " : "", seat->link);
	fflush(stdout);
	return true;
}

/* Without power: until somebody presses, the time has come, or the end. */
static void seat_wait_for_power(struct seat *seat)
{
	struct fm_clock *clock = fm_clock_real();
	unsigned back_ms = seat->settings->power_back_ms;
	struct fm_deadline back = fm_in_ms(clock, back_ms);

	fm_sim_pty_close(seat->pty);
	seat->pty = NULL;
	printf("dark%s%s\n", seat->link[0] ? " " : "", seat->link);
	fflush(stdout);
	while (!atomic_load(&sim_stop) && !atomic_exchange(&seat->press, false) &&
	       !(back_ms && fm_expired(clock, back)))
		fm_sleep_ms(clock, 20);
}

static bool seat_run(struct seat *seat, struct fm_error *err)
{
	while (!atomic_load(&sim_stop)) {
		if (!seat->pty && !seat_plug_in(seat, err))
			return false;
		if (!fm_sim_pty_run(seat->pty, &seat->wake, err))
			return false;
		atomic_store(&seat->wake, false);
		if (!seat->unit->powered) {
			seat_wait_for_power(seat);
		} else if (atomic_exchange(&seat->press, false)) {
			seat->unit->powered = false;
			fm_sim_start(seat->unit, fm_now_ns(fm_clock_real()));
		}
	}
	return true;
}

static void *seat_thread(void *data)
{
	struct seat *seat = data;
	struct fm_error err;

	if (!seat_run(seat, &err)) {
		fm_sim_complain_of(&err);
		atomic_store(&sim_failed, true);
		kill(getpid(), SIGTERM);
	}
	return NULL;
}

static bool seat_init(struct seat *seat, const struct settings *settings, unsigned number)
{
	struct fm_sim_stm32_options options = settings->stm32;
	char suffix[16] = "";
	struct fm_error err;

	if (settings->count > 1)
		snprintf(suffix, sizeof(suffix), "-%u", number);
	*seat = (struct seat){ .settings = settings };
	if (settings->link)
		snprintf(seat->link, sizeof(seat->link), "%s%s", settings->link, suffix);
	if (settings->flash)
		snprintf(seat->flash, sizeof(seat->flash), "%s%s", settings->flash, suffix);
	options.unique += number - 1;
	if (!fm_sim_stm32_new(&options, &seat->unit, &err))
		return fm_sim_complain_of(&err);
	return fm_sim_flash_load(seat->flash, seat->unit->flash, seat->unit->flash_len) &&
	       (seat_plug_in(seat, &err) || fm_sim_complain_of(&err));
}

static bool seat_done(struct seat *seat)
{
	bool good = true;

	if (seat->running)
		good = pthread_join(seat->thread, NULL) == 0 &&
		       fm_sim_flash_save(seat->flash, seat->unit->flash, seat->unit->flash_len);
	fm_sim_pty_close(seat->pty);
	if (seat->unit)
		seat->unit->ops->free(seat->unit);
	return good;
}

/* --- all of them --- */

static void sim_wake(struct seat *seats, unsigned count, bool press)
{
	for (unsigned i = 0; i < count; i++) {
		if (press)
			atomic_store(&seats[i].press, true);
		atomic_store(&seats[i].wake, true);
	}
}

/* Signals come to this thread alone. */
static bool sim_serve(struct seat *seats, unsigned count, const sigset_t *signals)
{
	int number = 0;

	for (unsigned i = 0; i < count; i++) {
		int code = pthread_create(&seats[i].thread, NULL, seat_thread, &seats[i]);

		if (code)
			return fm_sim_complain("cannot start a thread: %s", strerror(code));
		seats[i].running = true;
	}
	while (sigwait(signals, &number) == 0 && number == SIGUSR1)
		sim_wake(seats, count, true);
	return !atomic_load(&sim_failed);
}

static bool sim_run(const struct settings *settings)
{
	static struct seat seats[UNITS_MOST];
	sigset_t signals;
	bool good = true;

	fm_sim_block_signals(&signals);
	for (unsigned i = 0; i < settings->count && good; i++)
		good = seat_init(&seats[i], settings, i + 1);
	good = good && sim_serve(seats, settings->count, &signals);
	atomic_store(&sim_stop, true);
	sim_wake(seats, settings->count, false);
	for (unsigned i = 0; i < settings->count; i++)
		good = seat_done(&seats[i]) && good;
	return good && !atomic_load(&sim_failed);
}

/* --- command line --- */

enum sim_choice {
	PID = 256,
	FLASH_SIZE,
	LINK,
	FLASH,
	COUNT,
	CRC,
	NO_CRC,
	NO_GO,
	BUSY,
	LOCKED,
	APPLICATION,
	NO_RESET_LINE,
	BITS,
	FAST,
	UNIQUE,
	SLOW,
	FAULT,
	POWER_BACK,
	HELP,
	PRINT_VERSION
};

static const struct option sim_options[] = {
	{ "pid", required_argument, NULL, PID },
	{ "flash-size", required_argument, NULL, FLASH_SIZE },
	{ "link", required_argument, NULL, LINK },
	{ "flash", required_argument, NULL, FLASH },
	{ "count", required_argument, NULL, COUNT },
	{ "crc", no_argument, NULL, CRC },
	{ "no-crc", no_argument, NULL, NO_CRC },
	{ "no-go", no_argument, NULL, NO_GO },
	{ "busy", no_argument, NULL, BUSY },
	{ "read-protected", no_argument, NULL, LOCKED },
	{ "application", no_argument, NULL, APPLICATION },
	{ "no-reset-line", no_argument, NULL, NO_RESET_LINE },
	{ "bits", required_argument, NULL, BITS },
	{ "fast", no_argument, NULL, FAST },
	{ "unique", required_argument, NULL, UNIQUE },
	{ "slow", required_argument, NULL, SLOW },
	{ "fault", required_argument, NULL, FAULT },
	{ "power-back", required_argument, NULL, POWER_BACK },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, PRINT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static void sim_help(void)
{
	const struct fm_stm32_part *part;

	fputs("Usage: " FM_SIM_PROGRAM " stm32 [OPTION]...\n"
	      "Simulate an STM32 whose boot loader (AN3155) speaks over a serial port, a pty.\n"
	      "Prints 'ready PORT [LINK]' when it can be used, ends on SIGTERM or SIGINT;\n"
	      "SIGUSR1 cuts the power and gives it again.\n\n"
	      "      --pid=ID           product id, hexadecimal (0x410)\n"
	      "      --flash-size=KIB   less or more flash than the part has\n"
	      "      --link=PATH        make a symbolic link to the port\n"
	      "      --flash=FILE       keep the flash in this file\n"
	      "      --count=N          N units at once, with -1 ... -N behind link and file\n"
	      "      --crc, --no-crc    with or without (normal) the checksum command A1\n"
	      "      --no-go            without the Go command\n"
	      "      --busy             say 0x76 before answers that take time\n"
	      "      --read-protected   as after Readout Protect\n"
	      "      --application      BOOT0 low: power on starts the application\n"
	      "      --no-reset-line    opening the port does not reset the unit, as with a bare "
	      "bridge\n"
	      "      --bits=N           bits on the line for a byte: 11 (8E1, normal) or 10\n"
	      "      --unique=N         another unique id for each N\n"
	      "      --fast             erasing and programming take no time\n"
	      "      --slow=K           erasing takes K times as long\n"
	      "      --fault=KIND=N     something goes wrong; may be given again:\n"
	      "            cut          the power fails with the Nth byte received\n"
	      "            cut-erase    the power fails in the middle of the Nth block erased\n"
	      "            lose         the Nth byte received is lost\n"
	      "            corrupt      one bit of the Nth byte received is wrong\n"
	      "            nack         the Nth command is refused\n"
	      "            weak         erase block N (from 0) does not keep what is written\n"
	      "            wipe         each erase takes block N (from 0) with it\n"
	      "            wrong-id     after the next reset it tells product id N\n"
	      "      --power-back=MS    after a power cut it comes back by itself\n"
	      "      --help, --version\n\n"
	      "Parts:\n",
	      stdout);
	for (size_t i = 0; (part = fm_stm32_part_at(i)); i++)
		printf("  0x%03x  %-20s %5u KiB\n", part->pid, part->name, part->flash_len >> 10);
}

/* KIND=N */
static bool sim_fault(struct fm_sim_stm32_options *options, const char *text)
{
	const char *equals = strchr(text, '=');
	enum fm_sim_stm32_fault fault;
	char kind[16];

	if (!equals)
		return fm_sim_complain("--fault takes KIND=N, not '%s'", text);
	snprintf(kind, sizeof(kind), "%.*s", (int)(equals - text), text);
	if (!fm_sim_stm32_fault_named(kind, &fault))
		return fm_sim_complain("there is no fault '%s'; --help lists them", kind);
	options->has_fault[fault] = true;
	return fm_sim_number("fault", equals + 1, 0, 0, 1ul << 32, &options->fault[fault]);
}

static bool sim_option(struct settings *settings, int option, unsigned long *number)
{
	struct fm_sim_stm32_options *stm32 = &settings->stm32;

	switch (option) {
	case PID:
		return fm_sim_number("pid", optarg, 16, 1, 0xfff, number) &&
		       (stm32->pid = (unsigned)*number);
	case FLASH_SIZE:
		return fm_sim_number("flash-size", optarg, 0, 1, 4096, number) &&
		       (stm32->flash_len = *number << 10);
	case LINK:
		return (settings->link = optarg);
	case FLASH:
		return (settings->flash = optarg);
	case COUNT:
		return fm_sim_number("count", optarg, 0, 1, UNITS_MOST, number) &&
		       (settings->count = (unsigned)*number);
	case BITS:
		return fm_sim_number("bits", optarg, 0, 10, 11, number) &&
		       (settings->character_bits = (unsigned)*number);
	case UNIQUE:
		if (!fm_sim_number("unique", optarg, 0, 0, 65535, number))
			return false;
		stm32->unique = (unsigned)*number;
		return true;
	case SLOW:
		return fm_sim_number("slow", optarg, 0, 1, 1000, number) &&
		       (stm32->slow = (unsigned)*number);
	case POWER_BACK:
		return fm_sim_number("power-back", optarg, 0, 1, 3600000, number) &&
		       (settings->power_back_ms = (unsigned)*number);
	case FAULT:
		return sim_fault(stm32, optarg);
	default:
		return false;
	}
}

/* Options that are only there or not. */
static bool *sim_flag(struct fm_sim_stm32_options *stm32, int option)
{
	switch (option) {
	case CRC:
	case NO_CRC:
		return &stm32->crc;
	case NO_GO:
		return &stm32->no_go;
	case BUSY:
		return &stm32->busy;
	case LOCKED:
		return &stm32->locked;
	case APPLICATION:
		return &stm32->application;
	case NO_RESET_LINE:
		return &stm32->reset_wired;
	case FAST:
		return &stm32->fast;
	default:
		return NULL;
	}
}

int fm_sim_stm32_command(int argc, char **argv)
{
	struct settings settings = { .stm32 = { .pid = 0x410, .reset_wired = true },
				     .count = 1,
				     .character_bits = 11 };
	unsigned long number;
	int option;

	while ((option = getopt_long(argc, argv, "", sim_options, NULL)) != -1) {
		bool *flag = sim_flag(&settings.stm32, option);

		if (flag) {
			*flag = option != NO_CRC && option != NO_RESET_LINE;
		} else if (option == HELP) {
			sim_help();
			return 0;
		} else if (option == PRINT_VERSION) {
			puts(FM_SIM_PROGRAM " " PACKAGE_VERSION);
			return 0;
		} else if (!sim_option(&settings, option, &number)) {
			return 2;
		}
	}
	if (optind != argc) {
		fm_sim_complain("say which unit: one, not '%s' as well", argv[optind]);
		return 2;
	}
	if (!fm_stm32_part_find(settings.stm32.pid)) {
		fm_sim_complain("no part 0x%03x; --help lists them", settings.stm32.pid);
		return 2;
	}
	return sim_run(&settings) ? 0 : 1;
}
