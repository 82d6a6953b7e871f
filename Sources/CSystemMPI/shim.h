// Only a place for the package's flags: CMPI alone includes mpi.h.
