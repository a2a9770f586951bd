/*
 * What every whole job is given beside its unit: a folder of its own, the definitions (the shipped
 * ones and those in devices/ here), empty records, and a queue for its events.
 */
#ifndef FM_TESTS_JOB_HOME_H
#define FM_TESTS_JOB_HOME_H

#include "unit.h"

#include "job/job.h"

struct job_home {
	char folder[64], db[96];
	struct fm_catalog *catalog;
	struct fm_store *store;
	struct fm_queue *queue;
};

void home_open(struct job_home *ret, unsigned events);
/* To flash a unit of this model. A job locks its port for all programs of the machine: another run
 * of this test has another. */
struct fm_job_request home_request(const struct job_home *home, const char *model,
				   const struct fm_ways *ways);
int home_close(struct job_home *home);

/* Firmware of an STM32F103 for the simulated boards, with this version in it; len: 96 or more. */
void home_image(uint8_t *ret, size_t len, const char *version);

#endif
