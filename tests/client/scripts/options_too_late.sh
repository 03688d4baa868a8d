#!/bin/bash
#SBATCH --gpus=1
#SBATCH --time=10:00
set -e
#SBATCH --mail-type=END
#SBATCH --gpus=8
srun --gpus=1 ./infer
