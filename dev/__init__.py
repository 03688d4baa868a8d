"""What a developer's machine needs: demo, embedded servers, real Slurm on loopback."""
