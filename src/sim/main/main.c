/*
 * flashmend-sim: simulated units, at ptys or on the kernel's USB. It prints "ready WHERE" for each
 * when it can be used, and runs until SIGTERM or SIGINT. SIGUSR1 is a hand at the unit: its power
 * or its cable. Errors go to stderr; exit codes: 0, 1 something failed, 2 usage.
 */
#include "sim/main/main.h"

#include "base/scope.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "flashmend-sim"

bool fm_sim_complain(const char *format, ...)
{
	va_list args;
	char line[512];

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, PROGRAM ": %s\n", line);
	return false;
}

bool fm_sim_complain_of(const struct fm_error *err)
{
	fm_sim_complain("%s", err->text);
	return err->hint[0] ? fm_sim_complain("%s", err->hint) : false;
}

bool fm_sim_number(const char *option, const char *text, int base, unsigned long least,
		   unsigned long most, unsigned long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoul(text, &end, base);
	return (text[0] && text[0] != '-' && !*end && !errno && *ret >= least && *ret <= most) ||
	       fm_sim_complain("--%s takes a number from %lu to %lu, not '%s'", option, least, most,
			       text);
}

void fm_sim_block_signals(sigset_t *ret_signals)
{
	sigemptyset(ret_signals);
	sigaddset(ret_signals, SIGTERM);
	sigaddset(ret_signals, SIGINT);
	sigaddset(ret_signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
}

/* --- flash in a file --- */

bool fm_sim_flash_load(const char *file, uint8_t *flash, size_t len)
{
	FM_FCLOSE FILE *stream = NULL;

	if (!file[0])
		return true;
	stream = fopen(file, "rb");
	if (!stream)
		return errno == ENOENT || fm_sim_complain("%s: %s", file, strerror(errno));
	if (fread(flash, 1, len, stream) < len && ferror(stream))
		return fm_sim_complain("%s: %s", file, strerror(errno));
	return fgetc(stream) == EOF ||
	       fm_sim_complain("%s is larger than the flash (%zu bytes)", file, len);
}

/* By a new file and rename, so that a killed simulator leaves the old one. */
bool fm_sim_flash_save(const char *file, const uint8_t *flash, size_t len)
{
	char name[264];
	FILE *stream;
	bool good;

	if (!file[0])
		return true;
	snprintf(name, sizeof(name), "%s.new", file);
	stream = fopen(name, "wb");
	if (!stream)
		return fm_sim_complain("%s: %s", name, strerror(errno));
	good = fwrite(flash, 1, len, stream) == len;
	good = fclose(stream) == 0 && good && rename(name, file) == 0;
	return good || fm_sim_complain("%s: %s", file, strerror(errno));
}

/* --- command line --- */

static void main_help(void)
{
	fputs("Usage: " PROGRAM " UNIT [OPTION]...\n"
	      "Simulate a unit. Prints 'ready WHERE' when it can be used, ends on SIGTERM or "
	      "SIGINT.\n"
	      "\n"
	      "At a serial port (a pty):\n"
	      "  stm32     STM32, its boot loader over UART (AN3155)\n"
	      "On the kernel's USB (vhci_hcd; root only):\n"
	      "  dfu       USB DFU 1.1\n"
	      "  dfuse     STM32, its boot loader over USB\n"
	      "  picoboot  RP2040 or RP2350\n"
	      "  touch     an application with a serial port, from which a boot loader is entered\n"
	      "  uf2       a board whose UF2 boot loader shows a drive\n"
	      "\n" PROGRAM " UNIT --help lists the options of each.\n",
	      stdout);
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "--help") == 0) {
		main_help();
		return 0;
	}
	if (strcmp(command, "--version") == 0) {
		puts(PROGRAM " " PACKAGE_VERSION);
		return 0;
	}
	if (strcmp(command, "stm32") == 0)
		return fm_sim_stm32_command(argc - 1, argv + 1);
	if (fm_sim_usb_is_command(command))
		return fm_sim_usb_command(argc - 1, argv + 1);
	fm_sim_complain("say which unit: " PROGRAM " UNIT [OPTION]...; --help lists them");
	return 2;
}
