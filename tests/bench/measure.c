/*
 * Run a command and write what it took, one line, into a file:
 *   measure FILE COMMAND [ARGUMENT]...
 *   START-NS WALL-NS CPU-NS PEAK-KIB STATUS
 * START-NS is CLOCK_MONOTONIC, as the mono_ns of flashmend's events; CPU-NS is user and system time
 * of the command and its children. A shell's own clocks are too coarse for a command of
 * milliseconds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t measure_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t measure_timeval_ns(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000000 + (int64_t)time->tv_usec * 1000;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	int64_t start_ns, wall_ns;
	int status;
	FILE *file;
	pid_t pid;

	if (argc < 3) {
		fputs("usage: measure FILE COMMAND [ARGUMENT]...\n", stderr);
		return 2;
	}
	start_ns = measure_now_ns();
	pid = vfork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
		perror("measure");
		return 1;
	}
	wall_ns = measure_now_ns() - start_ns;
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	file = fopen(argv[1], "w");
	if (!file ||
	    fprintf(file, "%" PRId64 " %" PRId64 " %" PRId64 " %ld %d\n", start_ns, wall_ns,
		    measure_timeval_ns(&usage.ru_utime) + measure_timeval_ns(&usage.ru_stime),
		    usage.ru_maxrss, status) < 0 ||
	    fclose(file) != 0) {
		perror(argv[1]);
		return 1;
	}
	return status;
}
