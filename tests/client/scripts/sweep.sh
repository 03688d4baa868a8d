#!/bin/bash
#SBATCH --array=0-15%4
#SBATCH --gpus=1
#SBATCH --time=00:45:00
#SBATCH --job-name="lr sweep"
#SBATCH --output=sweep/%A_%a.out
rates=(1e-5 2e-5 5e-5 1e-4)
python train.py --lr "${rates[$((SLURM_ARRAY_TASK_ID % 4))]}" --seed "$SLURM_ARRAY_TASK_ID"
