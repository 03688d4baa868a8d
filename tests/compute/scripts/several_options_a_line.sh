#!/bin/bash
#SBATCH -N1 -n4 -c 12 --mem=120GB -t 0:45:00   # short test
#SBATCH --gres=gpu:v100:4 -J "smoke test"
srun ./smoke
