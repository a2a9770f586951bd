#include "unit.h"

#include "base/scope.h"
#include "base/text.h"
#include "link/lock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

/* A process that holds `name` until it is killed. */
static pid_t hold(const char *name)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct fm_error err;
		int fd;

		prctl(PR_SET_NAME, "rival\033[2J");
		if (fm_lock_take(name, &fd, &err) && write(ready[1], "y", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_names_the_holder(void **state)
{
	struct fm_error err;
	char pid_text[32];
	pid_t pid = hold("test-lock/usb 1-1.2");
	int fd;

	(void)state;
	snprintf(pid_text, sizeof(pid_text), "process %d", (int)pid);
	/* More often than a listener's queue is long by default. */
	for (int i = 0; i < 200; i++)
		assert_failure(fm_lock_take("test-lock/usb 1-1.2", &fd, &err), FM_BUSY);
	assert_non_null(strstr(err.text, "test-lock/usb 1-1.2"));
	assert_non_null(strstr(err.text, pid_text));
	/* A process can call itself what it likes, but not steer a terminal. */
	assert_non_null(strstr(err.text, "rival.[2J"));
	assert_true(err.hint[0] != '\0');
	assert_success(fm_lock_take("test-lock/usb 1-1.3", &fd, &err));
	close(fd);

	/* It ends with its process, however that ends. */
	end(pid);
	assert_success(fm_lock_take("test-lock/usb 1-1.2", &fd, &err));
	close(fd);
}

static void test_same_process(void **state)
{
	struct fm_error err;
	int fd, second;

	(void)state;
	assert_success(fm_lock_take("test-lock/own", &fd, &err));
	assert_failure(fm_lock_take("test-lock/own", &second, &err), FM_BUSY);
	assert_non_null(strstr(err.text, "in this program"));
	close(fd);
	assert_success(fm_lock_take("test-lock/own", &fd, &err));
	close(fd);
}

/* It has only just begun and does not listen yet: nobody can say who it is. */
static void test_unknown_holder(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	FM_CLOSE int rival = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct fm_error err;
	int fd, len;

	(void)state;
	len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
		       "flashmend/test-lock/usb 1-1.9");
	assert_int_equal(
		bind(rival, (const struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)),
		0);
	assert_failure(fm_lock_take("test-lock/usb 1-1.9", &fd, &err), FM_BUSY);
	assert_non_null(strstr(err.text, "another program"));
	assert_non_null(strstr(err.hint, "run the command again"));
	assert_null(strstr(err.hint, "fuser")); /* which takes paths */
}

/* Names longer than a socket's address are told apart to their last letter. */
static void test_long_names(void **state)
{
	char a[300], b[300];
	struct fm_error err;
	int fd, second;

	(void)state;
	memset(a, 'x', sizeof(a));
	a[sizeof(a) - 1] = '\0';
	memcpy(b, a, sizeof(b));
	b[sizeof(b) - 2] = 'y';
	assert_success(fm_lock_take(a, &fd, &err));
	assert_failure(fm_lock_take(a, &second, &err), FM_BUSY);
	assert_success(fm_lock_take(b, &second, &err));
	close(fd);
	close(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_the_holder),
		cmocka_unit_test(test_same_process),
		cmocka_unit_test(test_unknown_holder),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
