#!/bin/bash
#SBATCH --ntasks=1 --mem=16G
#SBATCH hetjob
#SBATCH --ntasks=8 --gpus-per-task=1
#SBATCH --time=60
srun ./coordinator : ./worker
