/*
 * What this computer offers a job that writes: each look is a row, its text is for people. Nothing
 * is changed by looking; any thread.
 */
#ifndef FM_JOB_HOST_H
#define FM_JOB_HOST_H

#include "base/hash.h"
#include "job/event.h"

/* Percent, of a computer that runs from its battery: below the first a person has to accept it,
 * below the second nothing is written. */
#define FM_HOST_BATTERY_LOW 25
#define FM_HOST_BATTERY_LEAST 10

/* Below this much room a person is warned: records, and a backup of a usual unit. */
#define FM_HOST_ROOM_LEAST (16u << 20)

/* sysfs: "/sys", or a test's. */
void fm_host_power(const char *sysfs, struct fm_host_row *ret);
/* The folder of the records. One that is not made yet counts as the nearest one that is there. */
void fm_host_room(const char *folder, struct fm_host_row *ret);
void fm_host_records(const char *folder, struct fm_host_row *ret);
/* Has another program this device node open, as far as this user may see? One on a serial port
 * mixes its bytes with the job's. */
void fm_host_port(const char *node, struct fm_host_row *ret);
/* How long the bridge behind this serial port holds back what comes in. False where its driver does
 * not say. */
bool fm_host_bridge(const char *sysfs, const char *port, struct fm_host_row *ret);

/* How a file, or a folder that is a package, lies on the disk; all zero = not known. */
struct fm_host_stamp {
	uint64_t device, inode, len;
	uint64_t members;                /* of a folder: changes with each of its files */
	int64_t modified_ns, changed_ns; /* the kernel's own: nobody sets the second back */
};

/* Before the file is read: a change while it is read is seen, too. False: neither file nor folder.
 */
bool fm_host_stamp(const char *path, struct fm_host_stamp *ret);
bool fm_host_same_stamp(const struct fm_host_stamp *a, const struct fm_host_stamp *b);
/* Is it still what was read then, with this hash (of a folder struct fm_package's)? Read again only
 * where its stamp is another one.
 */
void fm_host_file(const char *path, const struct fm_host_stamp *then, const char *sha256,
		  struct fm_host_row *ret);

#endif
