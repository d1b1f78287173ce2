"""New contents of files, verified to say to FreeSWITCH what was meant and nothing else."""
