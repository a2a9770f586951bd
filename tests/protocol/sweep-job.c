#include "sweep-job.h"

#include "base/scope.h"

#include <string.h>

const char *const sweep_job_faults[FM_FAULT_KINDS] = {
	[FM_FAULT_NONE] = "none", [FM_FAULT_LOSE] = "lost",       [FM_FAULT_LATE] = "late",
	[FM_FAULT_CUT] = "cut",   [FM_FAULT_CORRUPT] = "damaged", [FM_FAULT_REPLACE] = "refused",
};

size_t sweep_job_blocks(const struct fm_region *region, size_t len, struct fm_block *ret,
			size_t most)
{
	uint64_t addr = region->range.addr, end = addr + len;
	size_t n = 0;

	while (addr < end && n < most && fm_region_block_at(region, addr, &ret[n])) {
		addr = ret[n].range.addr + ret[n].range.len;
		n++;
	}
	return n;
}

bool sweep_job_is_telling(const struct fm_error *err)
{
	return err->code != FM_OK && err->code != FM_INTERNAL && err->text[0];
}

static const struct fm_region *sweep_region(const struct fm_session *s)
{
	return fm_memory_application(s->memory);
}

static bool sweep_open(struct sweep_job *job, struct fm_session *s, struct fm_error *err)
{
	struct fm_identity identity = { 0 };

	(void)job;
	if (!s->protocol->open(s, &identity, err))
		return false;
	if (!s->memory)
		s->memory = &s->told;
	return !s->protocol->chip_id || fm_identity_value(&identity, FM_FACT_CHIP_ID)[0] ||
	       fm_fail(err, FM_INTERNAL, "open without a chip id");
}

static bool sweep_erase(struct sweep_job *job, struct fm_session *s, struct fm_error *err)
{
	struct fm_block blocks[64];
	size_t n = sweep_job_blocks(sweep_region(s), job->len, blocks, FM_COUNT(blocks));

	if (!(s->protocol->can & FM_CAN_ERASE))
		return true;
	if (!(s->can & FM_CAN_ERASE))
		return fm_fail(err, FM_UNSUPPORTED, "the unit says that it cannot erase");
	return s->protocol->erase(s, blocks, n, err);
}

static bool sweep_write(struct sweep_job *job, struct fm_session *s, struct fm_error *err)
{
	const struct fm_region *region = sweep_region(s);
	const struct fm_range range = { FM_SPACE_FLASH, region->range.addr, job->len };

	if (s->protocol->begin && !s->protocol->begin(s, &range, err))
		return false;
	for (size_t i = 0, n; i < range.len; i += n) {
		n = range.len - i < region->write_len ? range.len - i : region->write_len;
		if (!s->protocol->write(s, FM_SPACE_FLASH, range.addr + i, job->image + i, n, err))
			return false;
	}
	return !s->protocol->end || s->protocol->end(s, err);
}

static bool sweep_read_back(struct sweep_job *job, struct fm_session *s, struct fm_error *err)
{
	uint64_t start = sweep_region(s)->range.addr;
	uint8_t block[4096];

	for (size_t i = 0, n; i < job->len; i += n) {
		n = job->len - i < s->read_len ? job->len - i : s->read_len;
		assert_true(n <= sizeof(block));
		if (!s->protocol->read(s, FM_SPACE_FLASH, start + i, block, n, err))
			return false;
		if (memcmp(block, job->image + i, n) != 0)
			return fm_fail(err, FM_VERIFY, "differs in the block at %zu", i);
	}
	return true;
}

static bool sweep_verify(struct sweep_job *job, struct fm_session *s, struct fm_error *err)
{
	const struct fm_range range = { FM_SPACE_FLASH, sweep_region(s)->range.addr, job->len };
	uint32_t sum;

	if (s->can & FM_CAN_CHECKSUM) {
		if (!s->protocol->checksum(s, &range, &sum, err))
			return false;
		return sum == s->protocol->checksum_of(job->image, job->len) ||
		       fm_fail(err, FM_VERIFY, "checksum differs");
	}
	if (s->can & FM_CAN_READ)
		return sweep_read_back(job, s, err);
	/* What it says itself is all that there is. */
	return (s->can & FM_CAN_STATUS) ||
	       fm_fail(err, FM_UNSUPPORTED, "the unit says that it cannot read");
}

static bool sweep_finish(struct sweep_job *job, struct fm_session *s, struct fm_error *err)
{
	(void)job;
	return s->protocol->finish(s, err);
}

bool sweep_job_run(struct sweep_job *job, struct fm_session *s, struct fm_error *err)
{
	static bool (*const stages[])(struct sweep_job *, struct fm_session *,
				      struct fm_error *) = {
		[OPEN] = sweep_open,     [ERASE] = sweep_erase,   [WRITE] = sweep_write,
		[VERIFY] = sweep_verify, [FINISH] = sweep_finish,
	};

	for (job->stage = OPEN; job->stage < ENDED; job->stage++) {
		if (!stages[job->stage](job, s, err))
			return false;
	}
	return true;
}
