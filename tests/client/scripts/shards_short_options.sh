#!/bin/sh
#SBATCH -a1,3,5-9:2 -Jtokenise -t30 -G1 -c4
exec python tokenise.py --shard "$SLURM_ARRAY_TASK_ID"
