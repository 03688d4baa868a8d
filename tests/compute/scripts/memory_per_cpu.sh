#!/bin/bash
#SBATCH --gpus=4
#SBATCH --cpus-per-gpu=8
#SBATCH --mem-per-cpu=8000
#SBATCH --time=10:00:00
srun ./train
