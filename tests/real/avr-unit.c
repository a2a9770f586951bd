/*
 * A unit with a real boot loader: an AVR of simavr on a pty, in real time. It is reset when the pty
 * is opened, as a board is whose DTR goes to the reset pin. For tests and the demo; it links simavr
 * (GPL-3) and is never installed.
 *
 * Says "ready PATH" on standard output when the port is there, and a line for what happens to it.
 * Commands come over a FIFO, a line each:
 *   reset          a pulse on the reset pin
 *   power off      the power goes: the port vanishes at once
 *   power on       a new port under the same name, a power-on reset
 *   cut-after N    power off after N more received bytes
 *   save           write the flash and EEPROM files now (done at the end and at power off, too)
 *   counts         print what came, went and was lost
 *   quit
 */
#include "avr-chip.h"

#include "base/scope.h"
#include "sim/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct rig {
	struct avr_chip_settings chip;
	struct fm_sim_pty_options port;
	const char *control;
	struct fm_sim_unit *unit;
	struct fm_sim_pty *pty; /* NULL while the power is off */
	int control_fd;
	char command[64];
	size_t command_len;
};

static volatile sig_atomic_t rig_ended;
static atomic_bool rig_wanted; /* a command or the end */

static void rig_signal(int number)
{
	rig_ended |= number != SIGIO;
	atomic_store(&rig_wanted, true);
}

static void rig_report(const struct fm_error *err)
{
	fprintf(stderr, "avr-unit: %s\n", err->text);
}

/* --- commands -----------------------------------------------------------------------------------
 */

static void rig_save(struct rig *rig)
{
	struct fm_error err;

	if (avr_chip_save(rig->unit, &err))
		printf("saved\n");
	else
		rig_report(&err);
}

static bool rig_power_on(struct rig *rig, struct fm_error *err)
{
	if (rig->pty)
		return true;
	if (!fm_sim_pty_open(rig->unit, &rig->port, &rig->pty, err))
		return false;
	printf("ready %s\n", rig->port.link);
	return true;
}

static void rig_power_lost(struct rig *rig)
{
	fm_sim_pty_close(rig->pty);
	rig->pty = NULL;
	rig_save(rig);
	printf("power off\n");
}

static void rig_print_counts(struct rig *rig)
{
	struct avr_chip_counts counts;

	avr_chip_counts(rig->unit, &counts);
	printf("counts received=%lu sent=%lu garbled=%lu overruns=%lu resets=%u watchdogs=%u "
	       "crashes=%u\n",
	       counts.received, counts.sent, counts.garbled, counts.overruns, counts.resets,
	       counts.watchdogs, counts.crashes);
}

static bool rig_command(struct rig *rig, const char *command, struct fm_error *err)
{
	if (strcmp(command, "reset") == 0 && rig->pty)
		fm_sim_start(rig->unit, fm_now_ns(fm_clock_real()));
	else if (strcmp(command, "power off") == 0)
		avr_chip_cut_after(rig->unit, 0);
	else if (strcmp(command, "power on") == 0)
		return rig_power_on(rig, err);
	else if (strncmp(command, "cut-after ", 10) == 0)
		avr_chip_cut_after(rig->unit, strtoul(command + 10, NULL, 10));
	else if (strcmp(command, "save") == 0)
		rig_save(rig);
	else if (strcmp(command, "counts") == 0)
		rig_print_counts(rig);
	else if (strcmp(command, "quit") == 0)
		rig_ended = 1;
	else
		fprintf(stderr, "avr-unit: '%s' is not possible\n", command);
	return true;
}

/* Asked before it is read: reading a FIFO signals that it can be written. */
static bool rig_read_commands(struct rig *rig, struct fm_error *err)
{
	struct pollfd control = { rig->control_fd, POLLIN, 0 };
	char byte;

	while (poll(&control, 1, 0) > 0 && read(rig->control_fd, &byte, 1) == 1) {
		if (byte != '\n') {
			if (rig->command_len < sizeof(rig->command) - 1)
				rig->command[rig->command_len++] = byte;
			continue;
		}
		rig->command[rig->command_len] = '\0';
		rig->command_len = 0;
		if (!rig_command(rig, rig->command, err))
			return false;
	}
	return true;
}

/* --- running ------------------------------------------------------------------------------------
 */

/* A command interrupts the unit by a signal. */
static bool rig_open_control(struct rig *rig, struct fm_error *err)
{
	rig->control_fd = -1;
	if (!rig->control)
		return true;
	unlink(rig->control);
	if (mkfifo(rig->control, 0600))
		return fm_fail_os(err, FM_FILE_WRITE, errno, "%s", rig->control);
	rig->control_fd = open(rig->control, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (rig->control_fd < 0 || fcntl(rig->control_fd, F_SETOWN, getpid()) ||
	    fcntl(rig->control_fd, F_SETFL, O_NONBLOCK | O_ASYNC))
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s", rig->control);
	return true;
}

static void rig_wait_without_power(struct rig *rig)
{
	struct pollfd control = { rig->control_fd, POLLIN, 0 };

	poll(&control, 1, 1000);
}

static bool rig_run(struct rig *rig, struct fm_error *err)
{
	if (!rig_open_control(rig, err) || !rig_power_on(rig, err))
		return false;
	while (!rig_ended) {
		atomic_store(&rig_wanted, false);
		if (!rig_read_commands(rig, err))
			return false;
		if (!rig->pty)
			rig_wait_without_power(rig);
		else if (!rig_ended && !fm_sim_pty_run(rig->pty, &rig_wanted, err))
			return false;
		if (rig->pty && !rig->unit->powered)
			rig_power_lost(rig);
	}
	rig_save(rig);
	return true;
}

static void rig_done(struct rig *rig)
{
	fm_sim_pty_close(rig->pty);
	if (rig->control)
		unlink(rig->control);
	if (rig->unit)
		rig->unit->ops->free(rig->unit);
}

static const struct option rig_options[] = {
	{ "mcu", required_argument, NULL, 'm' },
	{ "frequency", required_argument, NULL, 'f' },
	{ "boot", required_argument, NULL, 'b' },
	{ "application", required_argument, NULL, 'a' },
	{ "link", required_argument, NULL, 'l' },
	{ "flash", required_argument, NULL, 'F' },
	{ "eeprom", required_argument, NULL, 'E' },
	{ "control", required_argument, NULL, 'c' },
	{ "spm-ms", required_argument, NULL, 's' },
	{ "power-cut-after", required_argument, NULL, 'p' },
	{ "no-reset-line", no_argument, NULL, 'n' },
	{ 0 },
};

static bool rig_parse(struct rig *rig, int argc, char **argv, unsigned long *ret_cut_after)
{
	int option;

	while ((option = getopt_long(argc, argv, "", rig_options, NULL)) != -1) {
		switch (option) {
		case 'm':
			rig->chip.mcu = optarg;
			break;
		case 'f':
			rig->chip.frequency_hz = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'b':
			rig->chip.boot = optarg;
			break;
		case 'a':
			rig->chip.application = optarg;
			break;
		case 'l':
			rig->port.link = optarg;
			break;
		case 'F':
			rig->chip.flash_file = optarg;
			break;
		case 'E':
			rig->chip.eeprom_file = optarg;
			break;
		case 'c':
			rig->control = optarg;
			break;
		case 's':
			rig->chip.spm_ms = strtod(optarg, NULL);
			break;
		case 'p':
			*ret_cut_after = strtoul(optarg, NULL, 10);
			break;
		case 'n':
			rig->port.reset_on_open = false;
			break;
		default:
			return false;
		}
	}
	return rig->chip.boot && rig->port.link && optind == argc;
}

int main(int argc, char **argv)
{
	static struct rig rig = {
		.chip = { .mcu = "atmega328p", .frequency_hz = 16000000, .spm_ms = 4 },
		.port = { .character_bits = 10, .reset_on_open = true }
	};
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGIO };
	struct sigaction action = { .sa_handler = rig_signal };
	unsigned long cut_after = 0;
	struct fm_error err;
	bool ok;

	if (!rig_parse(&rig, argc, argv, &cut_after)) {
		fputs("usage: avr-unit --boot HEX --link PATH [--mcu NAME] [--frequency HZ] "
		      "[--application HEX]\n\t[--flash FILE] [--eeprom FILE] [--control FIFO] "
		      "[--spm-ms MS]\n\t[--power-cut-after BYTES] [--no-reset-line]\n",
		      stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < FM_COUNT(signals); i++)
		sigaction(signals[i], &action, NULL);
	/* Where it is allowed: late is what a real unit never is. */
	setpriority(PRIO_PROCESS, 0, -10);
	ok = avr_chip_new(&rig.chip, &rig.unit, &err);
	if (ok && cut_after)
		avr_chip_cut_after(rig.unit, cut_after);
	ok = ok && rig_run(&rig, &err);
	if (!ok)
		rig_report(&err);
	rig_done(&rig);
	return ok ? 0 : 1;
}
