"""A SELECT that somebody wrote, run by a process that can read the files of one project and do nothing else."""
