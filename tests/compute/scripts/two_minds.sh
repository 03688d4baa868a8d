#!/bin/bash
#SBATCH --time=24:00:00
#SBATCH --nodes=2
#SBATCH --gres=gpu:4
#SBATCH --gpus=4
#SBATCH -t 12:00:00
./run
