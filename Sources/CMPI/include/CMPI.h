// All of MPI that seg uses: messages of bytes between two ranks, that never wait. Every function may be called
// from any thread. Without the package trait MPI nothing is compiled.

#ifndef SEG_CMPI_H
#define SEG_CMPI_H

#include <stdbool.h>

/// Messages of one channel never meet those of the other.
enum { MPI_CHANNEL_DATA = 0, MPI_CHANNEL_CONTROL = 1 };

/// Joins the ranks that the launcher started; false if MPI cannot start, or allows no threads.
bool mpi_start(void);
int mpi_rank(void);
int mpi_ranks(void);
/// How many of them run on this machine.
int mpi_neighbours(void);
/// The largest tag of a message.
int mpi_largest_tag(void);
/// Which MPI the program runs with.
const char *mpi_library(void);

/// Begins to send; the bytes must stay until the request is done. Returns the request, or -1.
int mpi_send(const void *bytes, long count, int to, int tag, int channel);
/// Begins to receive a message of at most `count` bytes.
int mpi_receive(void *bytes, long count, int from, int tag, int channel);
/// Whether a request is done, which then no longer exists: 1; 0: not yet; -1: it failed.
int mpi_done(int request);
/// Forgets a request that nobody will answer.
void mpi_cancel(int request);
/// Whether there is a message from a rank with a tag; from any if these are -1. Gives its rank, tag and bytes.
bool mpi_probe(int from, int tag, int channel, int *source, int *its_tag, long *count);

/// Leaves; waits for all ranks to do so.
void mpi_stop(void);
/// Ends the processes of all ranks.
void mpi_abort(int status);

#endif
