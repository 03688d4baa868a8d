#!/bin/bash
#SBATCH --nodes=2
#SBATCH --gpus-per-node=4
#SBATCH --gpus=4
#SBATCH --time=2 hours
srun python train.py
