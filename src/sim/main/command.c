#include "sim/main/command.h"

#include "base/scope.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fm_sim_complain(const char *format, ...)
{
	va_list args;
	char line[512];

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, FM_SIM_PROGRAM ": %s\n", line);
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
