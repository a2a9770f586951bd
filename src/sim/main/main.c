/*
 * flashmend-sim: simulated units, at ptys or on the kernel's USB. It prints "ready WHERE" for each
 * when it can be used, and runs until SIGTERM or SIGINT. SIGUSR1 is a hand at the unit: its power
 * or its cable. Errors go to stderr; exit codes: 0, 1 something failed, 2 usage.
 */
#include "sim/main/command.h"
#include "sim/main/stm32.h"
#include "sim/main/usb.h"

#include <stdio.h>
#include <string.h>

static void main_help(void)
{
	fputs("Usage: " FM_SIM_PROGRAM " UNIT [OPTION]...\n"
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
	      "\n" FM_SIM_PROGRAM " UNIT --help lists the options of each.\n",
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
		puts(FM_SIM_PROGRAM " " PACKAGE_VERSION);
		return 0;
	}
	if (strcmp(command, "stm32") == 0)
		return fm_sim_stm32_command(argc - 1, argv + 1);
	if (fm_sim_usb_is_command(command))
		return fm_sim_usb_command(argc - 1, argv + 1);
	fm_sim_complain("say which unit: " FM_SIM_PROGRAM " UNIT [OPTION]...; --help lists them");
	return 2;
}
