/* A disk that is slow to sync: preloaded, it holds up every fsync and fdatasync by the milliseconds in the file named by SLOW_DISK,
 * and notes each by a byte in the file of that name with ".count". */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void hold_up(void)
{
    const char *path = getenv("SLOW_DISK");
    char text[32] = {0}, count[4096];
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    long ms = size > 0 ? atol(text) : 0;
    if (ms <= 0)
        return;
    snprintf(count, sizeof count, "%s.count", path);
    file = open(count, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0) {
        size = write(file, ".", 1);
        close(file);
    }
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

int fsync(int fd)
{
    hold_up();
    return syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    hold_up();
    return syscall(SYS_fdatasync, fd);
}
