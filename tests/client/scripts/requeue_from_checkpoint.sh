#!/bin/bash
#SBATCH --requeue
#SBATCH --gpus-per-node=2
#SBATCH --time=12:00:00
#SBATCH --job-name=resume
trap 'scontrol requeue "$SLURM_JOB_ID"' USR1
latest=$(ls -t checkpoints/*.pt 2>/dev/null | head -n 1)
python train.py ${latest:+--resume "$latest"}
