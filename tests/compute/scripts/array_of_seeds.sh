#!/bin/bash
#SBATCH --job-name=seeds
#SBATCH --array=0-9%2
#SBATCH --gres=gpu:1
#SBATCH --time=02:00:00
#SBATCH --output=seed-%A_%a.out
python train.py --seed "$SLURM_ARRAY_TASK_ID"
