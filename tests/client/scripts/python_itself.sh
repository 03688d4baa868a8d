#!/usr/bin/env python3
#SBATCH --gres=gpu:2
#SBATCH --time=20
#SBATCH --no-requeue
import os

print("on", os.environ["SLURM_JOB_NODELIST"])
