#!/bin/bash
#SBATCH --qos=long
#SBATCH --mail-type=BEGIN,END,FAIL
#SBATCH --mail-user=kim@example.org
#SBATCH --gres=gpu:2
#SBATCH --time=7-00:00:00
srun ./train
