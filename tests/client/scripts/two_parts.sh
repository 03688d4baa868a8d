#!/bin/bash
#SBATCH --job-name=rlhf --time=60
#SBATCH --ntasks=1 --gpus-per-task=4
#SBATCH hetjob
#SBATCH --ntasks=1 --mem=200G
srun ./actor : ./critic
