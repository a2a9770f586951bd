/* Points in time as a person says them. */
#include "front/choice/choice.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "+90", "+90s", "+45m", "+2h", "+1d" from now. */
static bool when_from_now(const char *text, int64_t *ret_s)
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

static bool when_same(const struct tm *a, const struct tm *b)
{
	return a->tm_min == b->tm_min && a->tm_hour == b->tm_hour && a->tm_mday == b->tm_mday &&
	       a->tm_mon == b->tm_mon && a->tm_year == b->tm_year;
}

/* Both would move a day or hour that there is not ("31 February", the hour that summer time leaves
 * out) to one that there is, and a job with it. An hour that comes twice is none, too: nobody can
 * say which one is meant. */
static bool when_local(const struct tm *tm, int64_t *ret_s)
{
	unsigned found = 0;

	for (int summer = 0; summer < 2; summer++) {
		struct tm is = *tm;
		time_t when;

		is.tm_isdst = summer;
		when = mktime(&is);
		if (when == -1 || is.tm_isdst != summer || !when_same(&is, tm))
			continue;
		*ret_s = when;
		found++;
	}
	return found == 1;
}

static bool when_utc(const struct tm *tm, int64_t *ret_s)
{
	struct tm is = *tm;

	*ret_s = timegm(&is);
	return when_same(&is, tm);
}

/* Behind the time of day: nothing (local), Z, or an offset. */
static bool when_zone(const char *rest, const struct tm *tm, int64_t *ret_s)
{
	char sign;
	unsigned hours, minutes;
	int len = 0;

	if (!*rest)
		return when_local(tm, ret_s);
	if (!when_utc(tm, ret_s))
		return false;
	if (strcmp(rest, "Z") == 0)
		return true;
	if (sscanf(rest, "%c%2u:%2u%n", &sign, &hours, &minutes, &len) != 3 || rest[len] ||
	    !strchr("+-", sign) || hours > 14 || minutes > 59)
		return false;
	*ret_s -= (sign == '+' ? 1 : -1) * (int64_t)(hours * 3600 + minutes * 60);
	return true;
}

static bool when_date(const char *text, int64_t *ret_s)
{
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					       "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d" };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = { 0 };
		const char *rest = strptime(text, formats[i], &tm);

		if (rest && when_zone(rest, &tm, ret_s))
			return true;
	}
	return false;
}

bool fm_choice_time(const char *option, const char *text, int64_t *ret_s, struct fm_error *err)
{
	if (text[0] == '+' ? when_from_now(text + 1, ret_s) : when_date(text, ret_s))
		return true;
	fm_fail(err, FM_USAGE, "--%s takes a time like 2026-11-21T22:00 or +90m, not '%s'", option,
		text);
	return fm_hint(err,
		       "a time without Z or an offset (+01:00) is local time; one that the clock "
		       "leaves out or has twice when summer time changes needs an offset");
}

bool fm_choice_time_utc(const char *option, const char *text, char ret_utc[32],
			struct fm_error *err)
{
	struct tm tm;
	time_t when;
	int64_t s;

	ret_utc[0] = '\0';
	if (!text)
		return true;
	if (!fm_choice_time(option, text, &s, err))
		return false;
	when = (time_t)s;
	strftime(ret_utc, 32, "%Y-%m-%dT%H:%M:%S", gmtime_r(&when, &tm));
	return true;
}
