/* Run one job: its events to the person, the person's signals to the job. */
#include "front/cli/cli.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define RUN_QUEUE 256
#define RUN_QUIET_MS 500         /* how often it is looked whether anything moves */
#define RUN_SECOND_NS 3000000000 /* a second Ctrl-C within this stops at the next safe point */

struct run_state {
	struct fm_cli *cli;
	struct fm_job *job;
	struct fm_cli_progress_state *progress;
	struct fm_cli_outcome *outcome;
	int64_t interrupted_ns; /* the first Ctrl-C during a write; 0 = none */
	int64_t heard_ns;       /* the last event */
	bool ended;
};

/* Ctrl-C, or Ctrl-\\ by a person who is more in a hurry. */
static bool run_is_interrupt(int number)
{
	return number == SIGINT || number == SIGQUIT;
}

static void run_signal(struct run_state *run, int number)
{
	int64_t now_ns = fm_now_ns(fm_clock_real());

	if (number == SIGTSTP || number == SIGTTOU) {
		fm_cli_message(run->cli,
			       "not suspended: a unit must not wait in the middle of a job");
		return;
	}
	if (fm_job_cancel(run->job, run_is_interrupt(number) ? FM_CANCELLED : FM_TERMINATED))
		return;
	if (!run_is_interrupt(number)) {
		fm_cli_message(run->cli, "the unit is being written: finishing first");
		return;
	}
	if (run->interrupted_ns && now_ns - run->interrupted_ns < RUN_SECOND_NS) {
		fm_cli_message(run->cli,
			       "stopping at the next safe point: the unit stays incomplete");
		fm_job_stop(run->job);
		return;
	}
	run->interrupted_ns = now_ns;
	fm_cli_message(run->cli,
		       "the unit is being written: finishing first (Ctrl-C again within 3 s "
		       "stops and leaves it incomplete)");
}

static void run_event(struct run_state *run, const struct fm_event *event)
{
	struct fm_cli_outcome *outcome = run->outcome;
	const struct fm_fact *fact = &event->u.fact;

	run->heard_ns = event->mono_ns;
	fm_cli_progress_event(run->cli, run->progress, event);
	switch (event->kind) {
	case FM_EVENT_FACT:
		fm_identity_set(&outcome->identity, fact->kind, fact->strength, fact->value,
				fact->source);
		break;
	case FM_EVENT_RULE:
		if (outcome->rule_count < sizeof(outcome->rules) / sizeof(outcome->rules[0]))
			outcome->rules[outcome->rule_count++] = event->u.rule;
		break;
	case FM_EVENT_HOST:
		if (outcome->host_count < sizeof(outcome->host) / sizeof(outcome->host[0]))
			outcome->host[outcome->host_count++] = event->u.host;
		break;
	case FM_EVENT_QUESTION:
		if (outcome->asked_count < FM_PERSON_MOST)
			outcome->asked[outcome->asked_count++] = event->u.asked;
		break;
	case FM_EVENT_PLAN:
		memcpy(outcome->plan_sha256, event->u.plan.sha256, sizeof(outcome->plan_sha256));
		break;
	case FM_EVENT_END:
		outcome->end = event->u.end;
		run->ended = true;
		break;
	default:
		break;
	}
}

static void run_signals_pending(struct run_state *run, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		run_signal(run, (int)info.ssi_signo);
}

static void run_quiet(struct run_state *run)
{
	int64_t limit_ns = fm_job_gives_up_ns(run->job);

	fm_cli_progress_quiet(run->progress, fm_now_ns(fm_clock_real()) - run->heard_ns,
			      limit_ns ? limit_ns - run->heard_ns : 0);
}

static void run_loop(struct run_state *run, struct fm_queue *queue, int signals)
{
	while (!run->ended) {
		struct pollfd fds[] = { { fm_queue_fd(queue), POLLIN, 0 }, { signals, POLLIN, 0 } };
		struct fm_event event;

		if (poll(fds, 2, RUN_QUIET_MS) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			run_signals_pending(run, signals);
		while (!run->ended && fm_queue_get(queue, &event))
			run_event(run, &event);
		run_quiet(run);
	}
}

static void run_keep(struct run_state *run)
{
	const struct fm_loader *loader = fm_job_loader(run->job);

	run->outcome->plan = strdup(fm_job_plan_text(run->job));
	run->outcome->at = *fm_job_at(run->job);
	if (loader) {
		run->outcome->memory = loader->memory;
		fm_text_copy(run->outcome->chip, sizeof(run->outcome->chip), loader->chip_name);
		fm_text_copy(run->outcome->loader, sizeof(run->outcome->loader), loader->name);
	}
}

bool fm_cli_run_job(struct fm_cli *cli, struct fm_job_request *request, struct fm_cli_outcome *ret,
		    struct fm_error *err)
{
	struct run_state run = { .cli = cli, .outcome = ret };
	struct fm_queue *queue;
	sigset_t mask, before;
	int signals;
	bool started;

	*ret = (struct fm_cli_outcome){ .end.code = FM_INTERNAL };
	if (!fm_queue_new(sizeof(struct fm_event), RUN_QUEUE, &queue, err))
		return false;
	/* Blocked before the worker is made, so that it inherits the mask and only this thread
	 * hears of signals. */
	fm_cli_signals(&mask);
	sigaddset(&mask, SIGTSTP);
	sigaddset(&mask, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &mask, &before);
	signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	/* Nobody listens any more: no reason to leave a unit half written, nor to hide how it
	 * ended. */
	signal(SIGPIPE, SIG_IGN);
	run.heard_ns = fm_now_ns(fm_clock_real());
	run.progress = fm_cli_progress_new(cli, request);
	request->queue = queue;
	started = fm_job_start(request, &run.job, err);
	if (started) {
		run_loop(&run, queue, signals);
		fm_queue_close(queue);
		run_keep(&run);
		fm_job_free(run.job);
	}
	fm_cli_progress_free(run.progress);
	if (signals >= 0) {
		struct signalfd_siginfo late;

		/* One that came as the job ended was meant for it: the answer is the job's end. */
		while (read(signals, &late, sizeof(late)) == (ssize_t)sizeof(late))
			;
		close(signals);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	fm_queue_free(queue);
	return started;
}

void fm_cli_outcome_done(struct fm_cli_outcome *outcome)
{
	free(outcome->plan);
	outcome->plan = NULL;
}
