/* Prove what was written: by the device's own checksum where it has one, else by reading back. */
#include "base/text.h"
#include "job/private.h"

#include <inttypes.h>

#define VERIFY_HASH_LEN 65536 /* bytes that the device sums in one command */
#define VERIFY_MOST 4096      /* read_len of any protocol */

/* Pages [first, next) that follow each other and are treated alike: their bytes lie together in
 * plan.data too. */
static size_t verify_run(const struct fm_plan *plan, size_t first, bool with_blank)
{
	const struct fm_plan_page *pages = plan->pages;
	size_t next = first + 1;

	while (next < plan->page_count && pages[next].range.space == pages[first].range.space &&
	       pages[next].range.addr == pages[next - 1].range.addr + pages[next - 1].range.len &&
	       (with_blank || !pages[next].skip))
		next++;
	return next;
}

/* Index of the first byte that is wrong, or len. Padding counts only where the job itself wrote it.
 */
static size_t verify_compare(const struct fm_job *job, const struct fm_range *range,
			     const uint8_t *wanted, const uint8_t *got)
{
	bool all = job->request.verb != FM_VERB_VERIFY;
	size_t i = 0;

	for (; i < range->len; i++) {
		struct fm_range byte = { range->space, range->addr + i, 1 };
		uint8_t ignored;

		if (wanted[i] != got[i] &&
		    (all || fm_image_get(&job->image, &byte, 0, &ignored) == 1))
			break;
	}
	return i;
}

/* Behind the end of its memory a unit gives nothing: what was sent there it can't have kept. */
static bool verify_is_there(const struct fm_session *s, const struct fm_range *range,
			    struct fm_error *err)
{
	return !s->read_ended || s->read_end >= range->addr + range->len ||
	       fm_fail(err, FM_VERIFY,
		       "the unit gives %s up to 0x%08" PRIx64 " only, the file goes on",
		       fm_space_name(range->space), s->read_end);
}

/* A difference counts only when it is read twice: the line may have spoilt it. */
static bool verify_read(struct fm_job *job, const struct fm_range *range, const uint8_t *wanted,
			struct fm_error *err)
{
	struct fm_session *s = &job->session;
	uint8_t got[VERIFY_MOST];
	size_t wrong;

	for (int reading = 0; reading < 2; reading++) {
		if (!s->protocol->read(s, range->space, range->addr, got, range->len, err) ||
		    !verify_is_there(s, range, err))
			return false;
		wrong = verify_compare(job, range, wanted, got);
		if (wrong == range->len)
			return true;
		job->end.retries += reading == 0;
	}
	return fm_fail(err, FM_VERIFY, "%s 0x%08" PRIx64 " reads 0x%02x and should be 0x%02x",
		       fm_space_name(range->space), range->addr + wrong, got[wrong], wanted[wrong]);
}

static bool verify_read_range(struct fm_job *job, const struct fm_range *range,
			      const uint8_t *wanted, uint64_t *done, uint64_t total,
			      struct fm_error *err)
{
	uint64_t step = job->session.read_len < VERIFY_MOST ? job->session.read_len : VERIFY_MOST;

	for (uint64_t at = 0, len; at < range->len; at += len) {
		struct fm_range part;

		len = range->len - at < step ? range->len - at : step;
		part = (struct fm_range){ range->space, range->addr + at, len };
		fm_job_progress(job, *done, total, part.addr);
		if (!fm_job_safe_point(job, err) || !verify_read(job, &part, wanted + at, err))
			return false;
		*done += len;
	}
	return true;
}

static bool verify_by_reading(struct fm_job *job, struct fm_error *err)
{
	const struct fm_plan *plan = &job->plan;
	uint64_t done = 0, total = plan->write_len + plan->proof_len;

	for (size_t i = 0, next; i < plan->page_count; i = next) {
		const struct fm_plan_page *page = &plan->pages[i];
		struct fm_range range = page->range;

		next = page->skip ? i + 1 : verify_run(plan, i, false);
		range.len = page->skip ? page->proof_len
				       : plan->pages[next - 1].range.addr +
						 plan->pages[next - 1].range.len - range.addr;
		if (!verify_read_range(job, &range, plan->data + page->offset, &done, total, err))
			return false;
		job->end.bytes_verified = done;
	}
	fm_job_progress(job, done, total, 0);
	job->end.bytes_blank_proved = plan->proof_len;
	job->end.bytes_not_tested = plan->skip_len - plan->proof_len;
	return true;
}

/* A range whose checksum differs is read back, so that the message can name the place. */
static bool verify_hash_range(struct fm_job *job, const struct fm_range *range,
			      const uint8_t *wanted, struct fm_error *err)
{
	struct fm_session *s = &job->session;
	uint64_t done = 0;
	uint32_t sum;

	if (!s->protocol->checksum(s, range, &sum, err))
		return false;
	if (sum == s->protocol->checksum_of(wanted, range->len))
		return true;
	if (!verify_read_range(job, range, wanted, &done, range->len, err))
		return false;
	job->end.retries++;
	if (!s->protocol->checksum(s, range, &sum, err))
		return false;
	return sum == s->protocol->checksum_of(wanted, range->len) ||
	       fm_fail(err, FM_VERIFY,
		       "the device's checksum of 0x%08" PRIx64 "-0x%08" PRIx64 " is wrong",
		       range->addr, range->addr + range->len - 1);
}

static bool verify_by_hash(struct fm_job *job, struct fm_error *err)
{
	const struct fm_plan *plan = &job->plan;
	uint64_t done = 0, total = plan->write_len + plan->skip_len;

	for (size_t i = 0, next; i < plan->page_count; i = next) {
		const struct fm_plan_page *page = &plan->pages[i];
		uint64_t end;

		next = verify_run(plan, i, true);
		end = plan->pages[next - 1].range.addr + plan->pages[next - 1].range.len;
		for (uint64_t addr = page->range.addr, len; addr < end; addr += len) {
			struct fm_range range;

			len = end - addr < VERIFY_HASH_LEN ? end - addr : VERIFY_HASH_LEN;
			range = (struct fm_range){ page->range.space, addr, len };
			fm_job_progress(job, done, total, addr);
			if (!fm_job_safe_point(job, err) ||
			    !verify_hash_range(
				    job, &range,
				    plan->data + page->offset + (addr - page->range.addr), err))
				return false;
			done += len;
			job->end.bytes_verified = done;
		}
	}
	fm_job_progress(job, done, total, 0);
	return true;
}

/* Every run that would be summed has the alignment that the device needs. */
bool fm_job_can_sum(const struct fm_job *job)
{
	uint32_t align =
		job->session.protocol->checksum_align ? job->session.protocol->checksum_align : 1;

	if (!(job->session.can & FM_CAN_CHECKSUM))
		return false;
	if (job->request.verb == FM_VERB_VERIFY && job->plan.pad_len)
		return false;
	for (size_t i = 0; i < job->plan.page_count; i++) {
		const struct fm_range *range = &job->plan.pages[i].range;

		if (range->addr % align || range->len % align)
			return false;
	}
	return true;
}

/* What a boot loader that can't be read makes of it: its own word that all is well. */
static bool verify_by_status(const struct fm_job *job)
{
	return (job->session.can & FM_CAN_STATUS) && !(job->session.can & FM_CAN_READ) &&
	       !(job->session.can & FM_CAN_CHECKSUM) && job->request.verb != FM_VERB_VERIFY &&
	       job->request.verify == FM_VERIFY_BEST;
}

bool fm_job_can_verify(const struct fm_job *job, struct fm_error *err)
{
	if (verify_by_status(job))
		return true;
	if (job->request.verify == FM_VERIFY_HASH && !(job->session.can & FM_CAN_CHECKSUM))
		return fm_fail(err, FM_UNSUPPORTED, "this boot loader has no checksum command");
	if (job->request.verify == FM_VERIFY_HASH && !fm_job_can_sum(job)) {
		fm_fail(err, FM_UNSUPPORTED,
			"the file does not fill the unit's pages: no checksum of it alone");
		return fm_hint(err, "leave --verify=hash away: it is read back then");
	}
	if (!(job->session.can & FM_CAN_READ) && !fm_job_can_sum(job))
		return fm_fail(err, FM_UNSUPPORTED, "this boot loader can neither read nor sum");
	return true;
}

/*
 * It has left the bus, as one does that restarts and one that is pulled out. That its application
 * comes back will tell (confirm.c); where nobody knows how that looks, a boot loader that always
 * leaves so has said what it can, and the end of the job says that no more is known.
 */
static bool verify_by_restart(struct fm_job *job, struct fm_error *err)
{
	fm_text_copy(job->end.verify, sizeof(job->end.verify), "restart");
	job->end.bytes_not_tested = job->plan.write_len;
	if (fm_job_has_mode(job, FM_MODE_APPLICATION) || job->device.question) {
		fm_job_note(job, "the unit has left its boot loader: that its application comes "
				 "back will prove that it has all of it");
		return true;
	}
	if (job->session.protocol->can & FM_CAN_LEAVE)
		return true;
	fm_fail(err, FM_UNPROVED,
		"the unit took all data and left before it said that it keeps them");
	return fm_hint(err, "attach it: if it runs the new firmware all is well, else run the same "
			    "command again");
}

/* Where nothing was written, another content is no sign of a bad memory. */
static bool verify_differs(const struct fm_job *job, struct fm_error *err)
{
	if (job->request.verb != FM_VERB_VERIFY || err->code != FM_VERIFY || *err->hint)
		return false;
	return fm_hint(err, "The unit holds something else: 'flashmend flash' writes this file.");
}

bool fm_job_verify(struct fm_job *job, struct fm_error *err)
{
	bool hash = job->request.verify != FM_VERIFY_READBACK && fm_job_can_sum(job);

	if (verify_by_status(job) && job->left)
		return verify_by_restart(job, err);
	if (verify_by_status(job)) {
		fm_job_note(job, "the boot loader says that it has all of it; it lets nothing be "
				 "read back");
		fm_text_copy(job->end.verify, sizeof(job->end.verify), "status");
		job->end.bytes_not_tested = job->plan.write_len;
		job->state = FM_UNIT_VERIFIED;
		return true;
	}
	if (!hash && !(job->session.can & FM_CAN_READ))
		return fm_fail(err, FM_UNPROVED,
			       "the boot loader has all data and gives nothing back before the "
			       "unit was restarted");
	fm_text_copy(job->end.verify, sizeof(job->end.verify), hash ? "hash" : "readback");
	if (hash ? !verify_by_hash(job, err) : !verify_by_reading(job, err))
		return verify_differs(job, err);
	if (job->request.verb == FM_VERB_VERIFY)
		job->end.bytes_verified = fm_image_total(&job->image);
	else
		job->state = FM_UNIT_VERIFIED;
	return true;
}

/* Does the device sum this range as the plan has it? "No" too where it refuses: then it is written.
 */
static bool already_range(struct fm_job *job, const struct fm_range *range, const uint8_t *wanted,
			  bool *ret_same, struct fm_error *err)
{
	struct fm_session *s = &job->session;
	uint32_t sum;

	*ret_same = false;
	if (!fm_job_safe_point(job, err))
		return false;
	if (!s->protocol->checksum(s, range, &sum, err))
		return err->code == FM_NACK;
	*ret_same = sum == s->protocol->checksum_of(wanted, range->len);
	return true;
}

bool fm_job_already_there(struct fm_job *job, bool *ret_same, struct fm_error *err)
{
	const struct fm_plan *plan = &job->plan;

	*ret_same = false;
	if (!fm_job_can_sum(job) || job->request.verify == FM_VERIFY_READBACK)
		return true;
	for (size_t i = 0, next; i < plan->page_count; i = next) {
		const struct fm_plan_page *page = &plan->pages[i];
		struct fm_range range = page->range;
		uint64_t end;

		next = verify_run(plan, i, true);
		end = plan->pages[next - 1].range.addr + plan->pages[next - 1].range.len;
		for (; range.addr < end; range.addr += range.len) {
			range.len = end - range.addr < VERIFY_HASH_LEN ? end - range.addr
								       : VERIFY_HASH_LEN;
			if (!already_range(job, &range,
					   plan->data + page->offset +
						   (range.addr - page->range.addr),
					   ret_same, err))
				return false;
			if (!*ret_same)
				return true;
		}
	}
	return true;
}
