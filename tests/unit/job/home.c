#include "home.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void home_open(struct job_home *ret, unsigned events)
{
	const char *src = getenv("FM_SRC");
	char dir[512], schema[640], user_dir[640];
	const char *dirs[] = { dir }, *user_dirs[] = { user_dir };
	const struct fm_catalog_options options = { dirs, 1,      user_dirs,
						    1,    schema, fm_job_protocol_params };
	struct fm_error err;

	*ret = (struct job_home){ .folder = "/tmp/fm-job-XXXXXX" };
	assert_non_null(mkdtemp(ret->folder));
	snprintf(dir, sizeof(dir), "%s/devices", src ? src : ".");
	snprintf(schema, sizeof(schema), "%s/device.rng", dir);
	snprintf(user_dir, sizeof(user_dir), "%s/tests/unit/job/devices", src ? src : ".");
	snprintf(ret->db, sizeof(ret->db), "%s/records.sqlite", ret->folder);
	assert_success(fm_catalog_open(&options, &ret->catalog, &err));
	assert_success(fm_store_open(ret->db, true, &ret->store, &err));
	assert_success(fm_queue_new(sizeof(struct fm_event), events, &ret->queue, &err));
}

struct fm_job_request home_request(const struct job_home *home, const char *model,
				   const struct fm_ways *ways)
{
	struct fm_job_request request = {
		.verb = FM_VERB_FLASH,
		.number = 1,
		.catalog = home->catalog,
		.store = home->store,
		.queue = home->queue,
		.ways = ways,
	};

	fm_text_copy(request.model, sizeof(request.model), model);
	snprintf(request.port, sizeof(request.port), "/dev/none-%d", (int)getpid());
	return request;
}

int home_close(struct job_home *home)
{
	char command[128];

	fm_store_close(home->store);
	fm_catalog_free(home->catalog);
	fm_queue_free(home->queue);
	snprintf(command, sizeof(command), "rm -rf '%s'", home->folder);
	return system(command);
}

void home_image(uint8_t *ret, size_t len, const char *version)
{
	static const uint8_t vectors[] = { 0x00, 0x50, 0x00, 0x20, 0x01, 0x01, 0x00, 0x08 };

	for (size_t i = 0; i < len; i++)
		ret[i] = (uint8_t)(i * 7 + (i >> 8));
	memcpy(ret, vectors, sizeof(vectors));
	snprintf((char *)ret + 64, 32, "fm-sim-version=%s", version);
}
