// Messages of bytes on MPI. A lock makes one thread at a time call MPI, which then needs MPI_THREAD_SERIALIZED only;
// no call waits, so that none holds the lock for long.

#include "CMPI.h"

#ifdef SEG_MPI

#include <mpi.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static MPI_Comm channels[2];
static int own_rank = 0, all_ranks = 1, neighbours = 1, largest_tag = 32767;
static char library[MPI_MAX_LIBRARY_VERSION_STRING + 1] = "";

/// Requests by number; those that are done are used again.
static MPI_Request *requests = NULL;
static int *unused = NULL;
static int request_count = 0, unused_count = 0, room = 0;

bool mpi_start(void) {
    int given = MPI_THREAD_SINGLE, found = 0, *bound = NULL;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &given) != MPI_SUCCESS) return false;
    if (given < MPI_THREAD_SERIALIZED) return false;
    MPI_Comm_rank(MPI_COMM_WORLD, &own_rank);
    MPI_Comm_size(MPI_COMM_WORLD, &all_ranks);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &bound, &found);
    if (found) largest_tag = *bound;
    MPI_Comm machine;
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine) != MPI_SUCCESS) return false;
    MPI_Comm_size(machine, &neighbours);
    MPI_Comm_free(&machine);
    for (int channel = 0; channel < 2; channel++) {
        if (MPI_Comm_dup(MPI_COMM_WORLD, &channels[channel]) != MPI_SUCCESS) return false;
        // An error is a result of the call, not the end of the program.
        MPI_Comm_set_errhandler(channels[channel], MPI_ERRORS_RETURN);
    }
    return true;
}

int mpi_rank(void) { return own_rank; }
int mpi_ranks(void) { return all_ranks; }
int mpi_neighbours(void) { return neighbours; }
int mpi_largest_tag(void) { return largest_tag; }

const char *mpi_library(void) {
    int length = 0;
    if (library[0] == 0) MPI_Get_library_version(library, &length);
    return library;
}

/// The number of a new request, or -1 without memory.
static int new_request(void) {
    if (unused_count > 0) return unused[--unused_count];
    if (request_count == room) {
        const int more = room == 0 ? 256 : 2 * room;
        MPI_Request *larger = realloc(requests, (size_t)more * sizeof *requests);
        if (larger == NULL) return -1;
        requests = larger;
        int *free_numbers = realloc(unused, (size_t)more * sizeof *unused);
        if (free_numbers == NULL) return -1;
        unused = free_numbers;
        room = more;
    }
    return request_count++;
}

int mpi_send(const void *bytes, long count, int to, int tag, int channel) {
    pthread_mutex_lock(&lock);
    int number = new_request();
    if (number >= 0
        && MPI_Isend(bytes, (int)count, MPI_BYTE, to, tag, channels[channel], &requests[number]) != MPI_SUCCESS) {
        unused[unused_count++] = number;
        number = -1;
    }
    pthread_mutex_unlock(&lock);
    return number;
}

int mpi_receive(void *bytes, long count, int from, int tag, int channel) {
    pthread_mutex_lock(&lock);
    int number = new_request();
    if (number >= 0
        && MPI_Irecv(bytes, (int)count, MPI_BYTE, from, tag, channels[channel], &requests[number])
            != MPI_SUCCESS) {
        unused[unused_count++] = number;
        number = -1;
    }
    pthread_mutex_unlock(&lock);
    return number;
}

int mpi_done(int request) {
    int done = 0;
    pthread_mutex_lock(&lock);
    const int status = MPI_Test(&requests[request], &done, MPI_STATUS_IGNORE);
    if (done || status != MPI_SUCCESS) unused[unused_count++] = request;
    pthread_mutex_unlock(&lock);
    return status != MPI_SUCCESS ? -1 : done ? 1 : 0;
}

void mpi_cancel(int request) {
    pthread_mutex_lock(&lock);
    if (MPI_Cancel(&requests[request]) == MPI_SUCCESS) MPI_Request_free(&requests[request]);
    pthread_mutex_unlock(&lock);
}

bool mpi_probe(int from, int tag, int channel, int *source, int *its_tag, long *count) {
    int found = 0, bytes = 0;
    MPI_Status status;
    pthread_mutex_lock(&lock);
    const int result = MPI_Iprobe(
        from < 0 ? MPI_ANY_SOURCE : from, tag < 0 ? MPI_ANY_TAG : tag, channels[channel], &found, &status);
    if (result == MPI_SUCCESS && found) {
        MPI_Get_count(&status, MPI_BYTE, &bytes);
        *source = status.MPI_SOURCE;
        *its_tag = status.MPI_TAG;
        *count = bytes;
    }
    pthread_mutex_unlock(&lock);
    return result == MPI_SUCCESS && found;
}

void mpi_stop(void) {
    pthread_mutex_lock(&lock);
    MPI_Finalize();
    pthread_mutex_unlock(&lock);
}

void mpi_abort(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

#else

/// C has no empty files.
typedef int mpi_is_not_used;

#endif
