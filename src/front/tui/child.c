/* The program itself, run for a page: its output is read as it comes, the screens go on. */
#include "front/tui/page.h"

#include "base/scope.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_MOST 262144 /* of what it says; the rest is for a file */
#define CHILD_READS 16    /* in one go, so that keys are heard however much it says */
#define CHILD_END_MS 400  /* for its end; half of it after it was asked, half after the kill */

extern char **environ;

/* It hears of signals as any program does, whatever is blocked here. */
static int child_spawn(char *const argv[], int out, int *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int failed;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	failed = posix_spawn(ret_pid, "/proc/self/exe", &files, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return failed;
}

bool fm_child_start(struct fm_child *child, const char *command, const char *config,
		    struct fm_error *err)
{
	char line[sizeof(((struct fm_ui *)0)->page.command)];
	char name[] = "flashmend", no_input[] = "--no-input";
	char *argv[FM_PAGE_WORDS + 5] = { name };
	const char *why;
	FM_TEXT_DONE struct fm_text from = { 0 };
	size_t count;
	int ends[2], failed;

	fm_child_end(child);
	fm_text_copy(line, sizeof(line), command);
	count = 1 + fm_page_split(line, argv + 1, &why);
	argv[count++] = no_input;
	if (config) {
		fm_text_addf(&from, "--config=%s", config);
		argv[count++] = from.data;
	}
	argv[count] = NULL;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return fm_fail_os(err, FM_INTERNAL, errno, "a pipe");
	failed = child_spawn(argv, ends[1], &child->pid);
	close(ends[1]);
	if (failed) {
		close(ends[0]);
		return fm_fail_os(err, FM_INTERNAL, failed, "flashmend %s", command);
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	child->fd = ends[0];
	return true;
}

/* Lines as the screens can show them. */
static void child_add(struct fm_text *text, char *data, size_t len)
{
	for (size_t i = 0; i < len && text->len < CHILD_MOST; i++) {
		if (data[i] == '\t')
			fm_text_add(text, "  ");
		else if (data[i] == '\n' || (unsigned char)data[i] >= ' ')
			fm_text_addf(text, "%c", data[i]);
	}
}

bool fm_child_read(struct fm_child *child, struct fm_ui *ui)
{
	char data[4096];
	ssize_t len = 1;
	int status = 0;

	for (int i = 0; i < CHILD_READS && (len = read(child->fd, data, sizeof(data))) > 0; i++)
		child_add(&ui->page.text, data, (size_t)len);
	if (len > 0)
		return false;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	close(child->fd);
	child->fd = -1;
	waitpid(child->pid, &status, 0);
	ui->page.running = false;
	ui->page.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

void fm_child_end(struct fm_child *child)
{
	if (child->fd < 0)
		return;
	kill(child->pid, SIGTERM);
	close(child->fd);
	child->fd = -1;
	/* nothing that it hangs in may hold up the screens */
	for (int ms = 0; ms < CHILD_END_MS && waitpid(child->pid, NULL, WNOHANG) == 0; ms += 10) {
		if (ms == CHILD_END_MS / 2)
			kill(child->pid, SIGKILL);
		poll(NULL, 0, 10);
	}
}
