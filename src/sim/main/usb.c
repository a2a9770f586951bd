/* flashmend-sim dfu, dfuse, picoboot, touch, uf2: units on the kernel's USB. */
#include "sim/main/usb.h"

#include "base/scope.h"
#include "sim/main/command.h"
#include "sim/main/kinds.h"
#include "sim/modes.h"
#include "sim/usb.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UNITS_MOST 8 /* the ports of vhci_hcd's hub */

struct settings {
	struct fm_sim_made unit, loader; /* loader: kind NULL = it has none */
	const char *flash;
	unsigned count, absent_ms;
	bool log, serial;
};

/* One simulated unit. */
struct seat {
	struct fm_sim_usb *unit;
	struct fm_sim_usb *memory;      /* the core that has the flash */
	const struct fm_sim_kind *kind; /* its kind */
	char file[256];
};

struct bench {
	struct settings settings;
	struct seat seats[UNITS_MOST];
	struct fm_sim_usb *units[UNITS_MOST];
	unsigned count;
	atomic_bool stop, failed;
	atomic_uint cable;
};

/* --- making them --- */

/* An application that hands over to its boot loader, and back. */
static bool seat_make_modes(struct seat *seat, const struct settings *settings, unsigned number,
			    struct fm_error *err)
{
	struct fm_sim_made unit = settings->unit, loader = settings->loader;
	struct fm_sim_mode modes[2] = { 0 };
	uint8_t *flash = NULL;
	size_t len = 0, count = 0;

	if (loader.kind) {
		if (!loader.kind->make(&loader, number, &modes[1].unit, err))
			return false;
		modes[1].left = loader.kind->runs;
		seat->memory = modes[1].unit;
		seat->kind = loader.kind;
		if (loader.kind->flash)
			loader.kind->flash(modes[1].unit, &flash, &len);
	}
	if (unit.kind->make(fm_sim_made_program(&unit, flash), number, &modes[0].unit, err)) {
		modes[0].left = unit.kind->runs;
		count = loader.kind ? 2 : 1;
		if (fm_sim_modes_new(modes, count, settings->absent_ms, &seat->unit, err))
			return true;
		modes[0].unit->ops->free(modes[0].unit);
	}
	if (modes[1].unit)
		modes[1].unit->ops->free(modes[1].unit);
	return false;
}

static bool seat_init(struct seat *seat, const struct settings *settings, unsigned number)
{
	struct fm_error err;
	uint8_t *flash;
	size_t len;
	bool good;

	*seat = (struct seat){ .kind = settings->unit.kind };
	if (settings->flash && settings->count > 1)
		snprintf(seat->file, sizeof(seat->file), "%s-%u", settings->flash, number);
	else if (settings->flash)
		snprintf(seat->file, sizeof(seat->file), "%s", settings->flash);
	/* units of one kind have serial numbers of their own, where nobody says otherwise */
	number = settings->serial || settings->count == 1 ? 0 : number;
	if (settings->unit.kind->is_application) {
		good = seat_make_modes(seat, settings, number, &err);
	} else {
		good = settings->unit.kind->make(&settings->unit, number, &seat->unit, &err);
		seat->memory = seat->unit;
	}
	if (!good)
		return fm_sim_complain_of(&err);
	if (!seat->file[0])
		return true;
	if (!seat->kind->flash)
		return fm_sim_complain("this unit has no flash to keep");
	seat->kind->flash(seat->memory, &flash, &len);
	if (!fm_sim_flash_load(seat->file, flash, len))
		return false;
	/* what it begins as depends on what is in its flash */
	seat->unit->ops->power(seat->unit, 0, false);
	return true;
}

static bool seat_save(const struct seat *seat)
{
	uint8_t *flash;
	size_t len;

	if (!seat->file[0])
		return true;
	seat->kind->flash(seat->memory, &flash, &len);
	return fm_sim_flash_save(seat->file, flash, len);
}

/* --- running them --- */

static void bench_report(void *user, size_t unit, const char *what)
{
	(void)user;
	(void)unit;
	puts(what);
	fflush(stdout);
}

static void *bench_thread(void *data)
{
	struct bench *bench = data;
	const struct fm_sim_vhci_options options = {
		.units = bench->units,
		.count = bench->count,
		.stop = &bench->stop,
		.cable = &bench->cable,
		.report = bench_report,
	};
	struct fm_error err;

	if (!fm_sim_vhci_run(&options, &err)) {
		fm_sim_complain_of(&err);
		atomic_store(&bench->failed, true);
		kill(getpid(), SIGTERM);
	}
	return NULL;
}

/* Signals come to this thread alone. */
static bool bench_serve(struct bench *bench, const sigset_t *signals)
{
	pthread_t thread;
	int number = 0, code = pthread_create(&thread, NULL, bench_thread, bench);

	if (code)
		return fm_sim_complain("cannot start a thread: %s", strerror(code));
	while (sigwait(signals, &number) == 0 && (number == SIGUSR1 || number == SIGRTMIN))
		atomic_fetch_add(&bench->cable, 1);
	atomic_store(&bench->stop, true);
	pthread_join(thread, NULL);
	return !atomic_load(&bench->failed);
}

static bool bench_run(struct bench *bench)
{
	const struct settings *settings = &bench->settings;
	sigset_t signals;
	bool good = true;

	fm_sim_block_signals(&signals);
	sigaddset(&signals, SIGRTMIN);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	for (unsigned i = 0; i < settings->count && good; i++) {
		good = seat_init(&bench->seats[i], settings, i + 1);
		bench->units[i] = bench->seats[i].unit;
		bench->count += bench->units[i] != NULL;
	}
	good = good && bench_serve(bench, &signals);
	for (unsigned i = 0; i < bench->count; i++) {
		const struct seat *seat = &bench->seats[i];

		if (good && settings->log && seat->kind->log)
			seat->kind->log(seat->memory, stdout);
		good = good && seat_save(seat);
		seat->unit->ops->free(seat->unit);
	}
	return good;
}

/* --- command line --- */

static void usb_help(const struct fm_sim_kind *kind)
{
	printf("Usage: " FM_SIM_PROGRAM " %s [OPTION]...%s\n"
	       "Simulate %s on the kernel's USB (vhci_hcd; root only). Prints\n"
	       "'ready PATH' when the host has configured it, 'left PATH' when it goes; ends on\n"
	       "SIGTERM or SIGINT. SIGUSR1 pulls the cable out, and puts it in again; SIGRTMIN,\n"
	       "too, and of several that come together each counts.\n\n"
	       "  --count=N          N units at once, each with a serial number of its own\n"
	       "  --serial=TEXT      its serial number, the same for all\n"
	       "  --flash=FILE       keep the flash in this file; -1 ... -N behind it with "
	       "--count\n"
	       "  --log              at the end say when transfers were, in ns of the machine's "
	       "clock\n"
	       "  --help, --version\n\n",
	       kind->name, kind->is_application ? " [into UNIT [OPTION]...]" : "", kind->title);
	if (kind->is_application)
		fputs("  into UNIT [OPTION]...    what it becomes; else it comes back as itself\n"
		      "  --absent=MS              off the bus between its modes (300)\n",
		      stdout);
	fm_sim_kind_help(kind, stdout);
}

/* What all kinds have. *ret_known = false: it is the kind's. */
static bool usb_common(struct settings *settings, const char *name, const char *value,
		       bool *ret_known)
{
	unsigned long number;

	*ret_known = true;
	if (strcmp(name, "log") == 0 && !value)
		return settings->log = true;
	if (strcmp(name, "flash") == 0 && value) {
		settings->flash = value;
		return value[0] && strlen(value) < 240 ? true
						       : fm_sim_complain("--flash takes a file");
	}
	if (strcmp(name, "count") == 0 && value) {
		if (!fm_sim_number(name, value, 0, 1, UNITS_MOST, &number))
			return false;
		settings->count = (unsigned)number;
		return true;
	}
	if (strcmp(name, "absent") == 0 && value && settings->unit.kind->is_application) {
		if (!fm_sim_number(name, value, 0, 0, 60000, &number))
			return false;
		settings->absent_ms = (unsigned)number;
		return true;
	}
	if (strcmp(name, "serial") == 0)
		settings->serial = true; /* and the kind's as well */
	*ret_known = false;
	return true;
}

/* --NAME or --NAME=VALUE */
static bool usb_option(struct settings *settings, struct fm_sim_made *made, char *argument)
{
	char *value = strchr(argument, '=');
	const char *name = argument + 2;
	struct fm_error err;
	bool known;

	if (strncmp(argument, "--", 2) != 0)
		return fm_sim_complain("'%s' is no option", argument);
	if (value)
		*value++ = '\0';
	if (!usb_common(settings, name, value, &known))
		return false;
	if (known || made->kind->option(made, name, value, &err))
		return true;
	return fm_sim_complain("--%s: %s", name, err.text);
}

bool fm_sim_usb_is_command(const char *name)
{
	return fm_sim_kind_find(name) != NULL;
}

int fm_sim_usb_command(int argc, char **argv)
{
	static struct bench bench;
	struct settings *settings = &bench.settings;
	struct fm_sim_made *made = &settings->unit;

	settings->count = 1;
	settings->absent_ms = 300;
	fm_sim_made_begin(made, fm_sim_kind_find(argv[0]));
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			usb_help(made->kind);
			return 0;
		}
		if (strcmp(argv[i], "--version") == 0) {
			puts(FM_SIM_PROGRAM " " PACKAGE_VERSION);
			return 0;
		}
		if (strcmp(argv[i], "into") == 0 && made->kind->is_application &&
		    made == &settings->unit && i + 1 < argc && fm_sim_kind_find(argv[i + 1])) {
			made = &settings->loader;
			fm_sim_made_begin(made, fm_sim_kind_find(argv[++i]));
			fm_sim_made_behind(made);
		} else if (!usb_option(settings, made, argv[i])) {
			return 2;
		}
	}
	return bench_run(&bench) ? 0 : 1;
}
