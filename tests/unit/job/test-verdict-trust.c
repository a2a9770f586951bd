/* The rules 'signature' and 'integrity': every finding under every policy. */
#include "paper-rig.h"

#include "base/scope.h"

#include <string.h>

/* The rule's result, or NULL where it is left out. Of the other rules none blocks, so that what
 * blocks is this one. */
static const struct fm_rule_result *judge(struct paper_rig *rig, const char *rule)
{
	const struct fm_rule_result *result = paper_rule(rig, rule);

	for (size_t i = 0; i < rig->count; i++) {
		if (&rig->rules[i] != result)
			assert_int_not_equal(rig->rules[i].verdict, FM_BLOCKED);
	}
	return result;
}

static const struct signature_case {
	struct fm_signature signature;
	const char
		*verdicts; /* when the strictest policy is ignore, warn, required; '-' = no rule */
	const char *file, *unit;
} signature_cases[] = {
	{ { .state = FM_SIGNATURE_NONE }, "-WB", "no signature", "a trusted signature is " },
	{ { .state = FM_SIGNATURE_UNKNOWN_KEY, .key_id = "0123456789ABCDEF" },
	  "FWB",
	  "signed by key 0123456789ABCDEF",
	  ": this key is not trusted here" },
	{ { .state = FM_SIGNATURE_BAD, .text = "its trusted comment was changed" },
	  "BBB",
	  "a bad signature",
	  "its trusted comment was changed" },
	{ { .state = FM_SIGNATURE_GOOD, .key_name = "site", .comment = "version 2" },
	  "FFF",
	  "signed by site",
	  "the key is trusted; it says: version 2" },
	{ { .state = FM_SIGNATURE_GOOD,
	    .key_name = "acme-corp/release",
	    .vendor = "acme-corp",
	    .comment = "version 2" },
	  "FFF",
	  "signed by acme-corp/release",
	  "the key is trusted; it says: version 2" },
	{ { .state = FM_SIGNATURE_GOOD, .key_name = "other/release", .vendor = "other" },
	  "FWB",
	  "signed by other/release",
	  ": that key counts for other only, this unit is Acme Corp" },
};

static void check_signature(struct paper_rig *f, const struct signature_case *one, char wanted)
{
	const struct fm_rule_result *result = judge(f, "signature");

	assert_int_equal(result != NULL, wanted != '-');
	if (!result)
		return;
	assert_int_equal("FWB"[result->verdict], wanted);
	assert_int_equal(result->code, wanted == 'B' ? FM_BLOCKED_SIGNATURE : FM_OK);
	assert_string_equal(result->file_says, one->file);
	if (!strstr(result->unit_says, one->unit))
		fail_msg("'%s' does not say '%s'", result->unit_says, one->unit);
}

static void test_signature(void **state)
{
	struct paper_rig *f = *state;

	for (size_t i = 0; i < sizeof(signature_cases) / sizeof(signature_cases[0]); i++) {
		const struct signature_case *one = &signature_cases[i];

		f->input.signature = &one->signature;
		for (unsigned device = 0; device < 3; device++) {
			for (unsigned config = 0; config < 3; config++) {
				f->device.signing = (enum fm_signing)device;
				f->input.signing = (enum fm_signing)config;
				check_signature(f, one,
						one->verdicts[device > config ? device : config]);
			}
		}
	}
	f->input.signature = NULL;
	check_signature(f, &signature_cases[0], 'B');
}

static void test_integrity(void **state)
{
	struct paper_rig *f = *state;
	struct fm_sums sums = { .state = FM_SUMS_NONE, .file = "SHA256SUMS", .text = "said so" };
	const struct fm_rule_result *result;

	assert_null(judge(f, "integrity"));
	f->input.sums = &sums;
	assert_null(judge(f, "integrity"));
	sums.state = FM_SUMS_GOOD;
	assert_non_null(result = judge(f, "integrity"));
	assert_int_equal(result->verdict, FM_FITS);
	assert_string_equal(result->file_says, "SHA256SUMS beside it");
	assert_string_equal(result->unit_says, "said so");
	sums.state = FM_SUMS_WEAK;
	assert_non_null(result = judge(f, "integrity"));
	assert_int_equal(result->verdict, FM_FITS);
	assert_string_equal(result->unit_says, "said so");
	sums.state = FM_SUMS_UNREADABLE;
	assert_non_null(result = judge(f, "integrity"));
	assert_int_equal(result->verdict, FM_WARN);
	sums.state = FM_SUMS_BAD;
	assert_non_null(result = judge(f, "integrity"));
	assert_int_equal(result->verdict, FM_BLOCKED);
	assert_int_equal(result->code, FM_BLOCKED_INTEGRITY);
}

/* What the package itself says of its payload; one that is another is refused before. */
static void test_payload(void **state)
{
	static const struct {
		enum fm_payload_proof proof;
		enum fm_signature_state signature;
		enum fm_sums_state sums;
		char verdict; /* '-': nothing is said */
	} cases[] = {
		{ FM_PAYLOAD_NONE, FM_SIGNATURE_NONE, FM_SUMS_NONE, '-' },
		{ FM_PAYLOAD_NAME, FM_SIGNATURE_NONE, FM_SUMS_NONE, 'W' },
		{ FM_PAYLOAD_NAME, FM_SIGNATURE_UNKNOWN_KEY, FM_SUMS_NONE, 'W' },
		{ FM_PAYLOAD_NAME, FM_SIGNATURE_GOOD, FM_SUMS_NONE, 'F' },
		{ FM_PAYLOAD_NAME, FM_SIGNATURE_NONE, FM_SUMS_WEAK, 'W' },
		{ FM_PAYLOAD_NAME, FM_SIGNATURE_NONE, FM_SUMS_GOOD, 'F' },
		{ FM_PAYLOAD_NAME, FM_SIGNATURE_NONE, FM_SUMS_BAD, 'B' },
		{ FM_PAYLOAD_WEAK, FM_SIGNATURE_NONE, FM_SUMS_NONE, 'F' },
		{ FM_PAYLOAD_PROVED, FM_SIGNATURE_NONE, FM_SUMS_NONE, 'F' },
		{ FM_PAYLOAD_PROVED, FM_SIGNATURE_NONE, FM_SUMS_BAD, 'B' },
	};
	struct paper_rig *f = *state;

	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		const struct fm_release release = { .proof = cases[i].proof };
		const struct fm_signature signature = { .state = cases[i].signature };
		const struct fm_sums sums = { .state = cases[i].sums, .file = "x.sha256" };
		const struct fm_rule_result *result;

		f->input.release = &release;
		f->input.signature = &signature;
		f->input.sums = &sums;
		result = judge(f, "integrity");
		assert_int_equal(result != NULL, cases[i].verdict != '-');
		if (!result)
			continue;
		assert_int_equal(result->verdict, cases[i].verdict == 'B'   ? FM_BLOCKED
						  : cases[i].verdict == 'W' ? FM_WARN
									    : FM_FITS);
		if (cases[i].verdict == 'W')
			assert_string_equal(result->file_says,
					    "the package says no checksum of its firmware");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAPER_TEST(test_signature),
		PAPER_TEST(test_integrity),
		PAPER_TEST(test_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
