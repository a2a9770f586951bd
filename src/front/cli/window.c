/* Points in time on the command line, and the window that a job must stay in. */
#include "front/cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "+90", "+90s", "+45m", "+2h", "+1d" from now. */
static bool window_from_now(const char *text, int64_t *ret_s)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || number < 0 || number > 10000000)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) == 0) {
			*ret_s = (int64_t)time(NULL) + number * units[i].seconds;
			return true;
		}
	}
	return false;
}

static bool window_same(const struct tm *a, const struct tm *b)
{
	return a->tm_min == b->tm_min && a->tm_hour == b->tm_hour && a->tm_mday == b->tm_mday &&
	       a->tm_mon == b->tm_mon && a->tm_year == b->tm_year;
}

/* Both would move a day or hour that there is not ("31 February", the hour that summer time leaves
 * out) to one that there is, and a job with it. An hour that comes twice is none, too: nobody can
 * say which one is meant. */
static bool window_local(const struct tm *tm, int64_t *ret_s)
{
	unsigned found = 0;

	for (int summer = 0; summer < 2; summer++) {
		struct tm is = *tm;
		time_t when;

		is.tm_isdst = summer;
		when = mktime(&is);
		if (when == -1 || is.tm_isdst != summer || !window_same(&is, tm))
			continue;
		*ret_s = when;
		found++;
	}
	return found == 1;
}

static bool window_utc(const struct tm *tm, int64_t *ret_s)
{
	struct tm is = *tm;

	*ret_s = timegm(&is);
	return window_same(&is, tm);
}

/* Behind the time of day: nothing (local), Z, or an offset. */
static bool window_zone(const char *rest, const struct tm *tm, int64_t *ret_s)
{
	char sign;
	unsigned hours, minutes;
	int len = 0;

	if (!*rest)
		return window_local(tm, ret_s);
	if (!window_utc(tm, ret_s))
		return false;
	if (strcmp(rest, "Z") == 0)
		return true;
	if (sscanf(rest, "%c%2u:%2u%n", &sign, &hours, &minutes, &len) != 3 || rest[len] ||
	    !strchr("+-", sign) || hours > 14 || minutes > 59)
		return false;
	*ret_s -= (sign == '+' ? 1 : -1) * (int64_t)(hours * 3600 + minutes * 60);
	return true;
}

static bool window_date(const char *text, int64_t *ret_s)
{
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					       "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d" };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = { 0 };
		const char *rest = strptime(text, formats[i], &tm);

		if (rest && window_zone(rest, &tm, ret_s))
			return true;
	}
	return false;
}

bool fm_cli_time(const char *option, const char *text, int64_t *ret_s, struct fm_error *err)
{
	if (text[0] == '+' ? window_from_now(text + 1, ret_s) : window_date(text, ret_s))
		return true;
	fm_fail(err, FM_USAGE, "--%s takes a time like 2026-11-21T22:00 or +90m, not '%s'", option,
		text);
	return fm_hint(err,
		       "a time without Z or an offset (+01:00) is local time; one that the clock "
		       "leaves out or has twice when summer time changes needs an offset");
}

bool fm_cli_time_utc(const char *option, const char *text, char ret_utc[32], struct fm_error *err)
{
	struct tm tm;
	time_t when;
	int64_t s;

	ret_utc[0] = '\0';
	if (!text)
		return true;
	if (!fm_cli_time(option, text, &s, err))
		return false;
	when = (time_t)s;
	strftime(ret_utc, 32, "%Y-%m-%dT%H:%M:%S", gmtime_r(&when, &tm));
	return true;
}

/* The wall clock is asked each time: it may be set while we wait. */
static void window_wait(int64_t until_s)
{
	while ((int64_t)time(NULL) < until_s) {
		const struct timespec nap = { .tv_nsec = 200000000 };

		nanosleep(&nap, NULL);
	}
}

static bool window_begin(const struct fm_cli *cli, int64_t from_s, struct fm_error *err)
{
	int64_t left_s = from_s - (int64_t)time(NULL);

	if (left_s <= 0)
		return true;
	if (cli->options.wait_ms < 0) {
		fm_fail(err, FM_WINDOW, "the window begins in %" PRId64 " s", left_s);
		return fm_hint(err, "start it then, or give --wait to wait for it");
	}
	if (cli->options.wait_ms != INT64_MAX && cli->options.wait_ms / 1000 < left_s)
		return fm_fail(err, FM_WAIT,
			       "the window begins in %" PRId64 " s, and --wait gives %" PRId64 " s",
			       left_s, cli->options.wait_ms / 1000);
	fm_cli_message(cli, "waiting %" PRId64 " s for the window to begin", left_s);
	window_wait(from_s);
	return true;
}

bool fm_cli_window(const struct fm_cli *cli, struct fm_job_request *request, struct fm_error *err)
{
	const struct fm_cli_options *options = &cli->options;
	int64_t from_s = 0;

	if (options->not_before && !fm_cli_time("not-before", options->not_before, &from_s, err))
		return false;
	if (options->not_after &&
	    !fm_cli_time("not-after", options->not_after, &request->not_after_s, err))
		return false;
	if (options->not_after && from_s >= request->not_after_s)
		return fm_fail(err, FM_USAGE, "--not-after is not later than --not-before");
	return window_begin(cli, from_s, err);
}
