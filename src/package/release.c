/* <releases>: what the versions are, and which file of the package is whose payload. */
#include "package/metainfo.h"

#include "base/scope.h"
#include "package/private.h"
#include "package/xml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define RELEASE_DEVICE_SUMS 8

const char *fm_urgency_name(enum fm_urgency urgency)
{
	static const char *const names[] = { "unknown", "low", "medium", "high", "critical" };

	return names[urgency];
}

static enum fm_urgency release_urgency(const char *word)
{
	for (int i = FM_URGENCY_LOW; i <= FM_URGENCY_CRITICAL; i++) {
		if (strcmp(fm_urgency_name((enum fm_urgency)i), word) == 0)
			return (enum fm_urgency)i;
	}
	return FM_URGENCY_UNKNOWN;
}

static bool release_number(const char *text, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !errno && !*end;
}

/* The day, from date="2026-01-31..." or from seconds since 1970 in timestamp="". */
static void release_date(const struct _xmlNode *node, struct fm_release *release)
{
	char text[24];
	uint64_t seconds;
	time_t when;
	struct tm utc;

	if (fm_package_xml_has(node, "date")) {
		fm_package_xml_attr(node, "date", release->date, sizeof(release->date));
		release->date[strcspn(release->date, "T")] = '\0';
		return;
	}
	if (!fm_package_xml_attr(node, "timestamp", text, sizeof(text)) ||
	    !release_number(text, &seconds) || seconds > UINT32_MAX)
		return;
	when = (time_t)seconds;
	strftime(release->date, sizeof(release->date), "%Y-%m-%d", gmtime_r(&when, &utc));
}

/* A damaged checksum must not pass for one of a kind that nobody here knows: that kind has to be
 * named, but for MD5, which its length tells. */
static bool release_other_digest(const char *type, const char *value)
{
	if (*type)
		return strncasecmp(type, "sha", 3) != 0;
	return strlen(value) == 32 && strspn(value, "0123456789abcdefABCDEF") == 32;
}

/* The checksum's text is often empty: then it names the payload and no more. */
static bool release_checksum(const char *name, const struct _xmlNode *node, const char *target,
			     const char *file, struct fm_release *release, struct fm_error *err)
{
	struct fm_checksum *checksum = &release->checksums[release->checksum_count];
	char type[16];

	/* Of what runs on the device there may be one for each of its states. */
	if (strcmp(target, "device") == 0 && release->checksum_count >= RELEASE_DEVICE_SUMS)
		return true;
	if (release->checksum_count == FM_METAINFO_CHECKSUMS_MOST)
		return fm_package_xml_fail(name, node, err, "a release has more than %d checksums",
					   FM_METAINFO_CHECKSUMS_MOST);
	*checksum = (struct fm_checksum){ .content = strcmp(target, "content") == 0 };
	fm_text_copy(checksum->target, sizeof(checksum->target), target);
	fm_package_xml_attr(node, "type", type, sizeof(type));
	if (!fm_package_xml_attr(node, "filename", checksum->file, sizeof(checksum->file)) ||
	    !fm_package_xml_copy(node, checksum->value, sizeof(checksum->value)))
		return fm_package_xml_fail(name, node, err, "a checksum is too long");
	if (file)
		fm_text_copy(checksum->file, sizeof(checksum->file), file);
	/* A kind that is not known (md5, blake2 ...) proves nothing here; its file name counts. */
	if (*checksum->value && fm_digest_guess(checksum->value) == FM_DIGEST_NONE) {
		if (checksum->content && !release_other_digest(type, checksum->value))
			return fm_package_xml_fail(name, node, err, "'%.60s' is no checksum",
						   checksum->value);
		*checksum->value = '\0';
	}
	release->checksum_count++;
	return true;
}

/* <artifacts><artifact type="binary"><filename/><checksum/>: the newer way of saying it. */
static bool release_artifacts(const char *name, const struct _xmlNode *node,
			      struct fm_release *release, struct fm_error *err)
{
	const struct _xmlNode *artifact =
		fm_package_xml_child(fm_package_xml_child(node, "artifacts"), "artifact");

	for (; artifact; artifact = fm_package_xml_next(artifact, "artifact")) {
		const struct _xmlNode *sum = fm_package_xml_child(artifact, "checksum");
		const struct _xmlNode *location = fm_package_xml_child(artifact, "location");
		char type[16], file[200];

		fm_package_xml_attr(artifact, "type", type, sizeof(type));
		if (strcmp(type, "binary") != 0)
			continue;
		if (location && !*release->location)
			fm_package_xml_copy(location, release->location, sizeof(release->location));
		if (!fm_package_xml_copy(fm_package_xml_child(artifact, "filename"), file,
					 sizeof(file)))
			return fm_package_xml_fail(name, artifact, err, "a file name is too long");
		if (!*file)
			continue; /* of the package, not of what is in it */
		if (!sum && !release_checksum(name, fm_package_xml_child(artifact, "filename"),
					      "content", file, release, err))
			return false;
		for (; sum; sum = fm_package_xml_next(sum, "checksum")) {
			if (!release_checksum(name, sum, "content", file, release, err))
				return false;
		}
	}
	return true;
}

static bool release_parts(const char *name, const struct _xmlNode *node, struct fm_release *release,
			  struct fm_error *err)
{
	const struct _xmlNode *part;
	char text[24];

	for (part = fm_package_xml_child(node, "checksum"); part;
	     part = fm_package_xml_next(part, "checksum")) {
		fm_package_xml_attr(part, "target", text, sizeof(text));
		if (!release_checksum(name, part, text, NULL, release, err))
			return false;
	}
	for (part = fm_package_xml_child(node, "size"); part;
	     part = fm_package_xml_next(part, "size")) {
		fm_package_xml_attr(part, "type", text, sizeof(text));
		if (strcmp(text, "installed") != 0)
			continue;
		if (!fm_package_xml_copy(part, text, sizeof(text)) ||
		    !release_number(text, &release->size))
			return fm_package_xml_fail(name, part, err, "'%s' is no size", text);
		release->has_size = true;
	}
	part = fm_package_xml_child(node, "description");
	if (part)
		fm_package_xml_markup(part, &release->notes);
	return true;
}

static bool release_read(const char *name, const struct _xmlNode *node, struct fm_release *release,
			 struct fm_error *err)
{
	char text[24];
	uint64_t seconds;

	if (!fm_package_xml_attr(node, "version", release->version, sizeof(release->version)) ||
	    !*release->version)
		return fm_package_xml_fail(name, node, err,
					   "a release has no version, or one of more than %d "
					   "characters",
					   FM_VERSION_TEXT - 1);
	release_date(node, release);
	fm_package_xml_attr(node, "urgency", text, sizeof(text));
	release->urgency = release_urgency(text);
	fm_package_xml_attr(node, "install_duration", text, sizeof(text));
	if (release_number(text, &seconds) && seconds <= 86400)
		release->install_s = (unsigned)seconds;
	fm_package_xml_copy(fm_package_xml_child(node, "location"), release->location,
			    sizeof(release->location));
	return release_parts(name, node, release, err) &&
	       release_artifacts(name, node, release, err);
}

bool fm_releases_read(const char *name, const struct _xmlNode *node, struct fm_component *component,
		      struct fm_error *err)
{
	const struct _xmlNode *releases = fm_package_xml_child(node, "releases"), *one;
	size_t count = 0;

	for (one = fm_package_xml_child(releases, "release"); one;
	     one = fm_package_xml_next(one, "release"))
		count++;
	if (count == 0)
		return fm_package_xml_fail(name, node, err, "no release is described");
	if (count > FM_METAINFO_RELEASES_MOST)
		return fm_package_xml_fail(name, releases, err, "there are more than %d releases",
					   FM_METAINFO_RELEASES_MOST);
	component->releases = calloc(count, sizeof(*component->releases));
	if (!component->releases)
		return fm_fail(err, FM_NO_MEMORY, "no memory for %zu releases", count);
	for (one = fm_package_xml_child(releases, "release"); one;
	     one = fm_package_xml_next(one, "release")) {
		if (!release_read(name, one, &component->releases[component->release_count++], err))
			return false;
	}
	return true;
}
