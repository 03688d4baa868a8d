#!/bin/bash -l
#SBATCH --ntasks=4 --gpus-per-task=1   # one process for each GPU
#SBATCH --cpus-per-task=12
#SBATCH --time=0-06:00
conda activate dpo
srun accelerate launch --num_machines 1 --num_processes 4 dpo.py
