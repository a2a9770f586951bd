#include "package/package.h"

#include "base/scope.h"
#include "image/read.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where a release names no file, fwupd takes this one. */
#define PACKAGE_PAYLOAD "firmware.bin"
#define PACKAGE_METAINFO ".metainfo.xml"

void fm_package_init(struct fm_package *package)
{
	memset(package, 0, sizeof(*package));
}

void fm_package_done(struct fm_package *package)
{
	for (size_t i = 0; i < package->component_count; i++)
		fm_component_done(&package->components[i]);
	free(package->components);
	fm_archive_done(&package->archive);
	free(package->data);
	fm_package_init(package);
}

const char *fm_payload_proof_name(enum fm_payload_proof proof)
{
	static const char *const names[] = { "none", "name", "sha1", "sha256" };

	return names[proof];
}

/* What a checksum says of a file: NONE = it is not this one's, or it has no value. */
static enum fm_payload_proof package_proof(const struct fm_checksum *checksum,
					   const struct fm_member *member)
{
	if (!checksum->content || !*checksum->value ||
	    !fm_digest_is(checksum->value, member->data, member->len))
		return FM_PAYLOAD_NONE;
	return fm_digest_guess(checksum->value) == FM_DIGEST_SHA1 ? FM_PAYLOAD_WEAK
								  : FM_PAYLOAD_PROVED;
}

/* The file that the release names. */
static const char *package_named(const struct fm_release *release)
{
	for (size_t i = 0; i < release->checksum_count; i++) {
		if (release->checksums[i].content && *release->checksums[i].file)
			return release->checksums[i].file;
	}
	return PACKAGE_PAYLOAD;
}

/* All checksums of the content fit the file; the best of them. NONE: one does not. */
static bool package_fits(const struct fm_release *release, const struct fm_member *member,
			 enum fm_payload_proof *ret_proof)
{
	*ret_proof = FM_PAYLOAD_NAME;
	for (size_t i = 0; i < release->checksum_count; i++) {
		const struct fm_checksum *checksum = &release->checksums[i];
		enum fm_payload_proof proof = package_proof(checksum, member);

		if (!checksum->content || !*checksum->value)
			continue;
		if (proof == FM_PAYLOAD_NONE)
			return false;
		if (proof > *ret_proof)
			*ret_proof = proof;
	}
	return !release->has_size || release->size == member->len;
}

/* By its name; where that file is another one, by its checksum. */
static void package_bind(const struct fm_archive *archive, struct fm_release *release)
{
	const char *name = package_named(release);
	const struct fm_member *named = fm_archive_find(archive, name);
	enum fm_payload_proof proof;

	if (named && package_fits(release, named, &proof)) {
		release->payload = named;
		release->proof = proof;
		return;
	}
	for (size_t i = 0; i < archive->count; i++) {
		if (package_fits(release, &archive->members[i], &proof) &&
		    proof > FM_PAYLOAD_NAME) {
			release->payload = &archive->members[i];
			release->proof = proof;
			return;
		}
	}
	snprintf(release->problem, sizeof(release->problem),
		 named ? "'%.80s' is not what the metainfo announces (its checksum or size differs)"
		       : "its payload '%.80s' is not in the package",
		 name);
}

/* Another release may say the same file's name with the right checksum: files that keep the history
 * of releases do. */
static bool package_is_other(const struct fm_package *package, const struct fm_member *member)
{
	for (size_t i = 0; i < package->component_count; i++) {
		const struct fm_component *component = &package->components[i];

		for (size_t j = 0; j < component->release_count; j++) {
			if (component->releases[j].payload == member &&
			    component->releases[j].proof > FM_PAYLOAD_NAME)
				return true;
		}
	}
	return false;
}

/* A name can stand for one release only; the newest has it where nothing else tells. */
static void package_bind_once(struct fm_component *component)
{
	for (size_t i = 0; i < component->release_count; i++) {
		struct fm_release *release = &component->releases[i];

		for (size_t j = 0; release->payload && j < component->release_count; j++) {
			const struct fm_release *other = &component->releases[j];

			if (j == i || other->payload != release->payload ||
			    release->proof > FM_PAYLOAD_NAME ||
			    (other->proof == FM_PAYLOAD_NAME && i < j))
				continue;
			snprintf(release->problem, sizeof(release->problem),
				 "'%.80s' is the payload of %.40s, and no checksum says otherwise",
				 release->payload->name, other->version);
			release->payload = NULL;
			release->proof = FM_PAYLOAD_NONE;
			release->shared = true;
		}
	}
}

static bool package_twice(const struct fm_component *component, const struct fm_release *one,
			  const struct fm_release *other)
{
	return one != other && other->payload && other->payload != one->payload &&
	       fm_version_compare(one->version, other->version, component->format) ==
		       FM_ORDER_SAME &&
	       (one->payload->len != other->payload->len ||
		memcmp(one->payload->data, other->payload->data, one->payload->len) != 0);
}

/* One version that is two firmwares: nobody can say which of them is meant. */
static void package_bind_twice(struct fm_component *component)
{
	bool twice[FM_METAINFO_RELEASES_MOST] = { false };

	for (size_t i = 0; i < component->release_count; i++) {
		const struct fm_release *one = &component->releases[i];

		for (size_t j = 0; one->payload && j < component->release_count; j++)
			twice[i] |= package_twice(component, one, &component->releases[j]);
	}
	for (size_t i = 0; i < component->release_count; i++) {
		struct fm_release *release = &component->releases[i];

		if (!twice[i])
			continue;
		snprintf(release->problem, sizeof(release->problem),
			 "version %.40s is in it twice, with different files", release->version);
		release->payload = NULL;
		release->proof = FM_PAYLOAD_NONE;
		release->shared = true;
	}
}

static bool package_bound(const struct fm_package *package, const struct fm_component *component,
			  struct fm_error *err)
{
	size_t have = 0;

	for (size_t i = 0; i < component->release_count; i++) {
		const struct fm_release *release = &component->releases[i];
		const struct fm_member *named =
			fm_archive_find(&package->archive, package_named(release));

		have += release->payload != NULL;
		if (release->payload || release->shared || !named ||
		    package_is_other(package, named))
			continue;
		fm_fail(err, FM_PACKAGE_PAYLOAD, "%s: release %s: %s", package->name,
			release->version, release->problem);
		return fm_hint(err, "The file was changed or damaged: get it again; don't use it.");
	}
	if (have > 0)
		return true;
	return fm_fail(err, FM_PACKAGE_PAYLOAD, "%s: %s describes %s, but %s", package->name,
		       component->source, component->id, component->releases[0].problem);
}

static bool package_metainfo(struct fm_package *package, const struct fm_member *member,
			     struct fm_error *err)
{
	struct fm_component *components, *more;
	size_t count, have = package->component_count;

	if (!fm_metainfo_parse(member->name, member->data, member->len, &components, &count, err))
		return fm_context(err, "%s", package->name);
	more = reallocarray(package->components, have + count, sizeof(*more));
	if (!more)
		abort();
	memcpy(more + have, components, count * sizeof(*more));
	free(components);
	package->components = more;
	package->component_count += count;
	return true;
}

static bool package_is_metainfo(const char *name)
{
	size_t len = strlen(name), tail = strlen(PACKAGE_METAINFO);

	return (len >= tail && strcasecmp(name + len - tail, PACKAGE_METAINFO) == 0) ||
	       strcasecmp(fm_archive_base(name), "metainfo.xml") == 0;
}

static bool package_says_nothing(const struct fm_package *package, struct fm_error *err)
{
	fm_fail(err, FM_PACKAGE_METAINFO, "%s has no metainfo.xml: it doesn't say what it is for",
		package->name);
	return fm_hint(err, "Give the firmware file itself, unpacked where it is in an archive.");
}

/* What the files in it say of each other. */
static bool package_read(struct fm_package *package, struct fm_error *err)
{
	for (size_t i = 0; i < package->archive.count; i++) {
		const struct fm_member *member = &package->archive.members[i];

		if (package_is_metainfo(member->name) && !package_metainfo(package, member, err))
			return false;
	}
	if (package->component_count == 0)
		return package_says_nothing(package, err);
	for (size_t i = 0; i < package->component_count; i++) {
		struct fm_component *component = &package->components[i];

		for (size_t j = 0; j < component->release_count; j++)
			package_bind(&package->archive, &component->releases[j]);
		package_bind_once(component);
		package_bind_twice(component);
	}
	for (size_t i = 0; i < package->component_count; i++) {
		if (!package_bound(package, &package->components[i], err))
			return false;
	}
	return true;
}

/* package->data is the file. */
static bool package_content(const char *name, struct fm_package *package, struct fm_error *err)
{
	size_t len = (size_t)package->file_len;

	fm_shown_name(name, package->name);
	fm_sha256(package->data, len, package->sha256);
	package->bare = !fm_archive_recognise(package->data, len);
	package->kind = "image";
	if (package->bare)
		return true;
	if (!fm_archive_parse(name, package->data, len, &package->archive, err))
		return false;
	package->kind = package->archive.format;
	return package_read(package, err);
}

/* Takes the data over. */
static bool package_take(const char *name, uint8_t *data, size_t len, struct fm_package *ret,
			 struct fm_error *err)
{
	ret->data = data;
	ret->file_len = len;
	if (package_content(name, ret, err))
		return true;
	fm_package_done(ret);
	return false;
}

bool fm_package_parse(const char *name, const uint8_t *data, size_t len, struct fm_package *ret,
		      struct fm_error *err)
{
	uint8_t *copy = malloc(len + 1);

	fm_package_init(ret);
	if (!copy)
		return fm_fail(err, FM_NO_MEMORY, "no memory for %zu bytes", len);
	memcpy(copy, data, len);
	return package_take(name, copy, len, ret, err);
}

static int package_said(const struct dirent *entry)
{
	return package_is_metainfo(entry->d_name);
}

bool fm_package_is_folder(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, package_said, NULL);

	for (int i = 0; i < n; i++)
		free(entries[i]);
	if (n >= 0)
		free(entries);
	return n > 0;
}

/* As `sha256sum * | sha256sum` says it, so that a person can compare it. */
static void package_folder_hash(const struct fm_archive *archive, char ret[FM_SHA256_TEXT])
{
	FM_TEXT_DONE struct fm_text list = { 0 };

	for (size_t i = 0; i < archive->count; i++) {
		const struct fm_member *member = &archive->members[i];
		char one[FM_SHA256_TEXT];

		fm_sha256(member->data, member->len, one);
		fm_text_addf(&list, "%s  %s\n", one, member->name);
	}
	fm_sha256(list.data, list.len, ret);
}

bool fm_package_folder_sha256(const char *path, char ret[FM_SHA256_TEXT], struct fm_error *err)
{
	FM_ARCHIVE_DONE struct fm_archive archive = { 0 };

	if (!fm_archive_folder(path, &archive, err))
		return false;
	package_folder_hash(&archive, ret);
	return true;
}

/* Nothing is read of a folder that is no package. */
static bool package_folder(const char *path, struct fm_package *package, struct fm_error *err)
{
	fm_shown_name(path, package->name);
	if (access(path, R_OK | X_OK) != 0)
		return fm_fail_os(err, FM_FILE_OPEN, errno, "%s", package->name);
	if (!fm_package_is_folder(path))
		return package_says_nothing(package, err);
	if (!fm_archive_folder(path, &package->archive, err))
		return false;
	package->kind = package->archive.format;
	package_folder_hash(&package->archive, package->sha256);
	return package_read(package, err);
}

bool fm_package_load(const char *path, struct fm_package *ret, struct fm_error *err)
{
	struct stat st;
	uint8_t *data;
	size_t len;

	fm_package_init(ret);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (package_folder(path, ret, err))
			return true;
		fm_package_done(ret);
		return false;
	}
	return fm_read_file(path, &data, &len, err) && package_take(path, data, len, ret, err);
}

bool fm_component_choose(const struct fm_component *component, const char *version,
			 const struct fm_release **ret, struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text have = { 0 };

	for (size_t i = 0; i < component->release_count; i++) {
		const struct fm_release *release = &component->releases[i];

		if (!version && release->proof == FM_PAYLOAD_NONE)
			continue;
		if (!version || fm_version_compare(version, release->version, component->format) ==
					FM_ORDER_SAME) {
			*ret = release;
			if (release->proof != FM_PAYLOAD_NONE)
				return true;
			return fm_fail(err, FM_PACKAGE_RELEASE, "release %s of %s: %s",
				       release->version, component->id, release->problem);
		}
		if (release->proof != FM_PAYLOAD_NONE && have.len < 100)
			fm_text_addf(&have, "%s%s", have.len ? ", " : "", release->version);
	}
	return fm_fail(err, FM_PACKAGE_RELEASE, "there is no release %s of %s in it, but %s",
		       version ? version : "", component->id, have.data ? have.data : "none");
}

bool fm_package_image(const struct fm_package *package, const struct fm_release *release,
		      const struct fm_image_options *options, struct fm_image *ret_image,
		      struct fm_error *err)
{
	if (package->bare)
		return fm_image_parse(package->name, package->data, (size_t)package->file_len,
				      options, ret_image, err);
	fm_image_init(ret_image);
	if (!release || !release->payload)
		return fm_fail(err, FM_PACKAGE_RELEASE, "%s: the release has no payload",
			       package->name);
	return fm_image_parse(release->payload->name, release->payload->data, release->payload->len,
			      options, ret_image, err);
}
